import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

@testable import ImageAssembly

/// Names that were torn apart are one file again.
@Suite struct HardLinksTests {
    private func run(_ script: String, in root: FilePath) throws -> String {
        let result = try runTool("bash", ["-euc", script], directory: root.string)
        try #require(result.status == 0, "\(result.output)")
        return result.output
    }

    @Test func whatWasOneFileIsOneAgain() async throws {
        try await withScratchDirectory { root in
            _ = try run(
                """
                mkdir -p 'sub dir'; echo one > a; ln a 'sub dir/b'; ln a $'sub dir/c\\nd'; echo two > x; ln x y
                touch -d @1500000000 'sub dir' .
                """, in: root)
            let links = try await HardLinks.survey(root, runner: SubprocessRunner())
            #expect(links.groups.map(\.count).sorted() == [2, 3])
            // As a time that is set copies a file of a layer from below.
            _ = try run(
                """
                for name in a 'sub dir/b'; do cp -p "$name" new; mv new "$name"; done
                rm y; touch -d @1500000000 'sub dir' .
                """, in: root)
            try links.mend()
            #expect(
                try run("stat -c '%n %h %s' a 'sub dir'/* x; stat -c %Y . 'sub dir'; ls -A | wc -l", in: root)
                    == "a 3 4\nsub dir/b 3 4\nsub dir/c\nd 3 4\nx 1 4\n1500000000\n1500000000\n3\n")
        }
    }
}
