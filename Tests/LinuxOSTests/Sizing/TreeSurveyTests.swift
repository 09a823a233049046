import Basics
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root, .tool("setfattr")))
    struct TreeSurveyTests {
        private static let script = """
            set -e
            mkdir -p etc/apt "odd name" empty; echo one > etc/one; ln etc/one two; ln two "odd name/three"
            ln -s etc/one link; mkfifo pipe; mknod null c 1 3; head -c 100000 /dev/urandom > data
            truncate -s 20M sparse; printf x | dd of=sparse bs=1 seek=8M conv=notrunc status=none
            setfattr -n user.note -v 12345 etc; setfattr -n user.a -v 1 data; setfattr -n user.bb -v 22 data
            """

        @Test func aSurveyHasAllThatTakesRoom() async throws {
            try await withScratchDirectory("survey") { folder in
                #expect(try runTool("bash", ["-c", Self.script], directory: folder.string).status == 0)
                let survey = try TreeSurvey.walk(folder)
                let directories = Dictionary(uniqueKeysWithValues: survey.directories.map { ($0.path, $0) })
                #expect(directories.keys.sorted() == ["/", "/empty", "/etc", "/etc/apt", "/odd name"])
                let files = survey.directories.flatMap(\.files)
                #expect(files.filter { $0.segments == nil }.map(\.size).sorted() == [4, 100_000])
                let sparse = try #require(files.first { $0.segments != nil })
                #expect(sparse.size == 20 << 20)
                #expect(sparse.segments?.contains { $0.contains(8 << 20) } == true)
                #expect(sparse.segments?.reduce(0) { $0 + $1.count } ?? 0 <= 1 << 20)
                let root = try #require(directories["/"])
                #expect(root.names.count == 9 && root.linkTargets == [7] && root.specialCount == 2)
                #expect(
                    survey.directories.flatMap(\.attributes).map { $0.map(\.length).sorted() }.sorted {
                        $0.count < $1.count
                    } == [[5], [1, 2]])
                // Five directories, three files, a link, a pipe, a device.
                #expect(survey.inodeCount == 11)
                let du = try runTool("du", ["-skx", folder.string]).output
                #expect(du.hasPrefix("\(survey.kibibytes)\t"), "\(du)")
                let usage = try DiskUsage.measure(folder)
                #expect(usage.allocated == survey.allocated && usage.inodes == survey.inodeCount)
            }
        }

        @Test func aMissingTreeIsAnError() {
            #expect(throws: SystemError.self) { try TreeSurvey.walk("/nonexistent/tree") }
        }
    }
}
