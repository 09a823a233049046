import LinuxOS
import Testing

@Suite struct ProcessCapabilitiesTests {
    @Test("Docker's own set is enough for a build by chroot alone, and what it lacks is named")
    func missing() {
        // As a container of dockerd 20.10 shows it.
        let status = "Name:\tcat\nCapPrm:\t0000000000000000\nCapEff:\t00000000a80425fb\nCapBnd:\t0000000000000001\n"
        let docker = ProcessCapabilities(status: status)
        #expect(docker.effective == 0xa804_25fb)
        #expect(docker.missing(of: ProcessCapabilities.building) == [])
        let less = ProcessCapabilities(effective: docker.effective & ~(1 << 27 | 1 << 0))
        #expect(less.missing(of: ProcessCapabilities.building) == ["CHOWN", "MKNOD"])
        #expect(ProcessCapabilities(status: "").effective == 0)
    }
}
