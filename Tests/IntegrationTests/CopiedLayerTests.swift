import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// Layers by copying give what layers by overlayfs give.
    @Suite struct CopiedLayers {
        private func prepare(_ sandbox: BuildSandbox) throws {
            try FileManager.default.copyItem(
                atPath: BuildSandbox.fixtures.appending("fake-os").string,
                toPath: sandbox.elements.appending("small-os").string)
            for name in ["small-os", "it"] {
                try sandbox.addElement(name, ["element.yaml": "summary: It.\ninputs: []\n"])
            }
            try sandbox.addHook(
                "it", "install.d/10-make",
                """
                mkdir -p /d/sub /gone/deep /etc/ssh; echo 1 > /d/one; ln /d/one /d/two; echo x > /gone/deep/x
                ln -s /nowhere /link; echo f > /file; mkdir /dir; touch /dir/in; chmod 2750 /d; mkfifo "/a pipe"
                touch -d @1000000000 /dir /old; echo secret > /etc/ssh/ssh_host_rsa_key
                mkdir -p /var/lib/systemd; echo seed > /var/lib/systemd/random-seed
                """)
            try sandbox.addHook(
                "it", "install.d/20-change",
                """
                rm -r /gone; rm /d/two; echo more >> /d/one; rm /file; mkdir /file; touch /file/y; rm -r /dir
                echo now > /dir; mv /link /link2; rm -r /d/sub; mkdir /d/sub; touch /d/sub/z "/new
                line"; chmod 4755 /usr/bin/id; mv /old /d/older
                """)
            // What it sees is what is there.
            try sandbox.addHook(
                "it", "post-install.d/30-look",
                "(ls -R /d /file /dir /var/lib/systemd; cat /d/one /etc/ssh/ssh_host_rsa_key; stat -c '%n %h %a' /d/one; stat -c %a /d)"
                    + " > /seen; ! test -e /gone; chmod 700 /d")
        }

        private func build(_ sandbox: BuildSandbox, trees: LayerTrees, store: String) async throws -> BuildResult {
            let words = ["build", "-n", "--plain", "--new-image", "--cache-dir", store, "-t", "tar", "-o", "x"]
            let result = try await sandbox.start(
                words + ["small-os", "it"], environment: ["INGOT_LAYER_TREES": trees.variable]
            ).result()
            result.expectStatus(0)
            #expect(result.output.contains("Layers are copied") == (trees == .copied))
            return result
        }

        private func tree(_ sandbox: BuildSandbox) throws -> [String] {
            let script = """
                mkdir tree && tar --numeric-owner -xpf "$0" -C tree && cd tree
                find . -name ssh_host_rsa_key -prune -o ! -type d -printf '%p %y %m %U %G %s %n %l ' \\
                    -exec sh -c 'test -f "$0" && md5sum < "$0" || echo' {} \\; | sort
                find . -type d -printf '%p %m %U %G\\n' | sort; stat -c '%n %Y' d/older
                cd .. && rm -r tree
                """
            let result = try runTool(
                "bash", ["-c", script, sandbox.file("x.tar").string], directory: sandbox.path.string)
            #expect(result.status == 0, "\(result.output)")
            return result.output.split(separator: "\n").map(String.init)
        }

        @Test(.timeLimit(.minutes(5)))
        func `copied and stacked layers are one tree, and one store serves both`() async throws {
            try await withSandbox { sandbox in
                try prepare(sandbox)
                _ = try await build(sandbox, trees: .stacked, store: "stacked")
                let expected = try tree(sandbox)
                #expect(expected.contains { $0.hasPrefix("./d/older ") } && expected.count > 60)
                #expect(!expected.contains { $0.hasPrefix("./gone") || $0.hasPrefix("./link ") })
                for (trees, store, reused) in [
                    (LayerTrees.copied, "copied", 0), (.copied, "copied", 4), (.stacked, "copied", 4),
                    (.copied, "stacked", 4),
                ] {
                    let result = try await build(sandbox, trees: trees, store: store)
                    #expect(result.lines.filter { $0.contains("Reused the layer of") }.count == reused)
                    let found = try tree(sandbox)
                    #expect(found == expected, "\(trees), \(store): \(found.difference(from: expected))")
                }
            }
        }
    }
}
