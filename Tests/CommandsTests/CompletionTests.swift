import Foundation
import ImagePlanning
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// The shell completion of the commands with diskimage-builder's command line, asked in bash itself.
@Suite(.requires(.tool("bash"))) struct CompletionTests {
    private static let file = Checkout.resources.appending("completions/ingot-elements.bash")

    /// What bash offers for the last of these words, sorted.
    private func offers(_ words: [String], _ variables: [String: String] = [:]) throws -> [String] {
        let quoted = words.map { "'\($0)'" }.joined(separator: " ")
        let script = """
            source '\(Self.file)'
            COMP_WORDS=(\(quoted)); COMP_CWORD=\(words.count - 1)
            _ingot_disk_image_create
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        let environment = ["PATH": "/usr/bin:/bin"].merging(variables) { _, new in new }
        let result = try runTool("bash", ["-u", "-c", script], environment: environment, directory: "/")
        #expect(result.status == 0, "\(result.output)")
        return result.output.split(separator: "\n").map(String.init).sorted()
    }

    private func withElements(_ body: ([String: String]) throws -> Void) async throws {
        try await withScratchDirectory { directory in
            for name in ["mine/my-os", "mine/vm-extra", "share/elements/vm", "share/elements/base"] {
                try FileManager.default.createDirectory(
                    atPath: directory.appending(name).string, withIntermediateDirectories: true)
            }
            try Data().write(to: URL(fileURLWithPath: directory.appending("mine/vm-file").string))
            try body([
                "ELEMENTS_PATH": directory.appending("mine").string + ":/not/there",
                "INGOT_SHARE": directory.appending("share").string,
            ])
        }
    }

    @Test func elementsComeFromThePathAndTheInstallation() async throws {
        try await withElements { variables throws in
            #expect(try offers(["disk-image-create", ""], variables) == ["base", "my-os", "vm", "vm-extra"])
            #expect(try offers(["disk-image-create", "-o", "x", "vm"], variables) == ["vm", "vm-extra"])
            #expect(try offers(["element-info", "my"], variables) == ["my-os"])
            #expect(try offers(["disk-image-create", "--ramdisk-element", "b"], variables) == ["base"])
            #expect(try offers(["disk-image-create", "--ramdisk-element", "=", "b"], variables) == ["base"])
        }
    }

    @Test(
        "an option's argument is completed by its kind",
        arguments: [
            (["disk-image-create", "-t", "qcow2,ra"], ["qcow2,raw"]),
            (["disk-image-create", "-t", "t"], ["tar", "tar.zst", "tgz"]),
            (["disk-image-create", "-a", "arm"], ["arm64", "armhf"]),
            (["disk-image-create", "--install-type", "=", "s"], ["source"]),
            (["disk-image-create", "--image-size", "="], []), (["disk-image-create", "-p", "vi"], []),
            (["disk-image-create", "--image-s"], ["--image-size"]), (["element-info", "--e"], ["--env"]),
            (["disk-image-create", "-o", "/et"], ["/etc"]),
        ] as [([String], [String])])
    func arguments(words: [String], expected: [String]) throws {
        #expect(try offers(words) == expected)
    }

    @Test func buildAndPlanTakeTheSameWordsAndTheRestIsTheProgramsOwn() throws {
        let script = """
            _ingot() { COMPREPLY=(generated); }
            source '\(Self.file)'
            for words in 'build -t ra' 'plan --image-s' 'build' 'doctor x'; do
                read -r -a COMP_WORDS <<<"ingot $words"
                COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                _ingot_front
                printf '%s\\n' "${COMPREPLY[@]}"
            done
            complete -p ingot
            """
        let result = try runTool("bash", ["-u", "-c", script], environment: ["PATH": "/usr/bin:/bin"])
        #expect(
            result.output == "raw\n--image-size\ngenerated\ngenerated\ncomplete -o filenames -F _ingot_front ingot\n")
    }

    @Test func everyFormatOfTheProgramIsOffered() throws {
        #expect(try offers(["disk-image-create", "-t", ""]) == OutputFormat.names.sorted())
    }

    @Test func everyOptionOfTheProgramIsOfferedAndNoOther() throws {
        let offered = Set(try offers(["disk-image-create", "-"]))
        let known = DiskImageOptions.definitions.flatMap { option in
            [option.short.map { "-\($0)" }, option.long.map { "--\($0)" }].compactMap { $0 }
        }
        #expect(offered == Set(known))
    }
}
