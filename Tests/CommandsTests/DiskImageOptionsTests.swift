import Basics
import ImagePlanning
import Testing

@testable import Commands

@Suite struct DiskImageOptionsTests {
    private func request(_ line: String, _ environment: [String: String] = [:]) throws -> BuildRequest {
        let outcome = try DiskImageOptions.interpret(
            line.split(separator: " ").map(String.init), program: "disk-image-create", mode: .disk,
            environment: Environment(environment), machine: "x86_64")
        guard case .build(let request, _) = outcome else { throw PlanError("not a build") }
        return request
    }

    @Test func flagBeatsVariableBeatsDefault() throws {
        #expect(try request("vm").imageName == "image")
        #expect(try request("vm", ["IMAGE_NAME": "e"]).imageName == "e")
        #expect(try request("-o f vm", ["IMAGE_NAME": "e"]).imageName == "f")
        #expect(try request("vm").architecture == Architecture("amd64"))
        #expect(try request("-a arm64 vm", ["ARCH": "armhf"]).architecture == Architecture("arm64"))
        #expect(try request("vm", ["DIB_IMAGE_SIZE": "3"]).imageSize == "3")
        #expect(try request("--image-size 10 vm", ["DIB_IMAGE_SIZE": "3"]).imageSize == "10")
        #expect(try request("vm", ["DIB_NO_TMPFS": "1"]).usesTmpfs == false)
        #expect(try request("vm", ["FS_TYPE": "xfs"]).filesystemType == "xfs")
    }

    @Test func elementsOfTheEnvironmentComeFirst() throws {
        let request = try request("vm debian", ["IMAGE_ELEMENT": "a  b"])
        #expect(request.environmentElements == ["a", "b"])
        #expect(request.elements == ["vm", "debian"])
    }

    @Test func theLastTypeListWinsAndPackagesAccumulate() throws {
        let request = try request("-t raw -t qcow2,tar -p a,b -p c vm")
        #expect(request.formats == [.qcow2, .tar])
        #expect(request.packages == ["a", "b", "c"])
    }

    @Test func upstreamResetsTheseVariablesAtTheStart() throws {
        let request = try request("vm", ["MKFS_OPTS": "-i 1", "INSTALL_PACKAGES": "x", "IMAGE_TYPES": "raw"])
        #expect(request.mkfsOptions == "")
        #expect(request.packages == [])
        #expect(request.formats == [.qcow2])
    }

    @Test(arguments: [
        ("-t qcow", true), ("-t qcow3", false), ("-t raw,", false), ("-t vmdk,raw", true), ("-t ar", false),
    ])
    func unknownFormatsAreRefusedBeforeTheBuild(line: String, accepted: Bool) {
        #expect(((try? request(line + " vm")) != nil) == accepted)
    }

    @Test func helpActsWhereItStands() throws {
        let outcome = try DiskImageOptions.interpret(
            ["-o", "x", "--help", "-t", "nonsense"], program: "p", mode: .disk, environment: Environment(), machine: "x"
        )
        #expect(outcome == .help)
    }

    @Test func checksumFlagIsSeenByHooksToo() throws {
        let request = try request("--checksum vm", ["DIB_CHECKSUM": "md5"])
        #expect(request.checksum == ChecksumPolicy(md5: true, sha256: true))
        #expect(request.environment["DIB_CHECKSUM"] == "1")
    }
}
