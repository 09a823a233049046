import Basics
import ImagePlanning
import Testing

@Suite struct TreeOptionsTests {
    private func options(_ environment: [String: String]) throws -> TreeOptions {
        try TreeOptions(BuildRequest(mode: .disk, environment: Environment(environment), machine: "x86_64"))
    }

    @Test func withoutVariablesOurOwnWritersAndUpstreamsSquashfsAreUsed() throws {
        let options = try options([:])
        #expect(
            options.gzip == nil && options.squashfsOptions == ["-comp", "xz"] && options.erofsOptions == ["-zlz4hc"])
        #expect(options.container == ContainerConfiguration() && options.layerCompression == "gzip")
        #expect(options.aciManifest == nil && options.sourceDate == nil && options.target.isEmpty)
    }

    @Test func listsAreWordsOrJSON() throws {
        let container = try options([
            "DIB_OCI_ENTRYPOINT": #"["/bin/sh", "-c", "echo a b"]"#, "DIB_OCI_CMD": " --x  1 ",
            "DIB_OCI_ENV": "A=1 B=x=y", "DIB_OCI_USER": "www", "DIB_OCI_WORKDIR": "/srv", "DIB_OCI_EXPOSE": "80 53/udp",
            "DIB_OCI_LABEL": #"["maintainer=a b", "empty="]"#,
        ]).container
        #expect(container.entrypoint == ["/bin/sh", "-c", "echo a b"] && container.command == ["--x", "1"])
        #expect(container.environment == ["A=1", "B=x=y"] && container.user == "www")
        #expect(container.workingDirectory == "/srv" && container.exposedPorts == ["80/tcp", "53/udp"])
        #expect(container.labels == ["maintainer": "a b", "empty": ""])
    }

    @Test(
        arguments: [
            ("DIB_OCI_CMD", "[1, 2]", "DIB_OCI_CMD is not a list of texts: [1, 2]"),
            ("DIB_OCI_ENV", "PATH", "DIB_OCI_ENV 'PATH' is not of the form NAME=VALUE"),
            ("DIB_OCI_LABEL", "=x", "DIB_OCI_LABEL '=x' is not of the form NAME=VALUE"),
            ("DIB_OCI_WORKDIR", "srv", "DIB_OCI_WORKDIR 'srv' is not an absolute path"),
            ("DIB_OCI_EXPOSE", "80/ip", "DIB_OCI_EXPOSE '80/ip' is not a port"),
            ("DIB_OCI_EXPOSE", "/tcp", "DIB_OCI_EXPOSE '/tcp' is not a port"),
            ("DIB_OCI_EXPOSE", "80/tcp/x", "DIB_OCI_EXPOSE '80/tcp/x' is not a port"),
            ("DIB_OCI_EXPOSE", "70000", "DIB_OCI_EXPOSE '70000' is not a port"),
            ("DIB_OCI_COMPRESSION", "xz", "DIB_OCI_COMPRESSION 'xz' is not known"),
            ("SOURCE_DATE_EPOCH", "today", "SOURCE_DATE_EPOCH 'today' is not a whole number of seconds"),
        ])
    func whatMakesNoSenseIsRefused(name: String, value: String, message: String) {
        let error = #expect(throws: PlanError.self) { try options([name: value]) }
        #expect(error?.message == message)
    }

    @Test func dockerNeedsATarget() {
        var request = BuildRequest(mode: .disk, environment: Environment([:]), machine: "x86_64")
        request.formats = [.tree(.docker)]
        let error = #expect(throws: PlanError.self) { try TreeOptions(request) }
        #expect(error?.message == "Please set --docker-target.")
    }
}
