import Foundation
import SystemPackage
import TestSupport
import Testing

extension Builds {
    /// A signed package archive, asked by the real apt through a lock.
    @Suite(
        .requires(.root, .tool("curl"), .tool("gpg"), .tool("gpgv"), .tool("apt-get"), .tool("dpkg-deb")),
        .timeLimit(.minutes(3)))
    struct LockedArchives {
        /// Makes keys `a` and `b`, and an archive with one package, signed by `key` on `day` of May 2024.
        private static let publish = """
            set -eu
            export GNUPGHOME=$1/keys
            if [ ! -d "$GNUPGHOME" ]; then
                mkdir -m 700 "$GNUPGHOME"
                for name in a b; do
                    gpg --batch --quiet --passphrase '' --quick-generate-key $name ed25519 sign never 2>/dev/null
                done
                gpg --batch --export a > "$1/a.gpg"
            fi
            cd "$1/mirror"
            rm -rf pool dists
            mkdir -p pool dists/stable/main/binary-amd64 "$1/deb/DEBIAN"
            printf 'Package: it\\nVersion: %s\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' "$3" \
                > "$1/deb/DEBIAN/control"
            dpkg-deb --build --root-owner-group "$1/deb" "pool/it_$3_all.deb" > /dev/null
            packages=dists/stable/main/binary-amd64/Packages
            { cat "$1/deb/DEBIAN/control"
              echo "Filename: pool/it_$3_all.deb"
              echo "Size: $(stat -c %s "pool/it_$3_all.deb")"
              echo "SHA256: $(sha256sum < "pool/it_$3_all.deb" | cut -c1-64)"; } > $packages
            { echo "Suite: stable"; echo "Codename: stable"; echo "Components: main"; echo "Architectures: amd64"
              echo "Date: $(date --utc --date "2024-05-0$4" '+%a, %d %b %Y %H:%M:%S UTC')"
              echo "SHA256:"
              echo " $(sha256sum < $packages | cut -c1-64) $(stat -c %s $packages) main/binary-amd64/Packages"
            } > dists/stable/Release
            gpg --batch --quiet --local-user "$2" --clear-sign --output dists/stable/InRelease dists/stable/Release
            gpgconf --kill gpg-agent
            """

        private func publish(_ sandbox: BuildSandbox, key: String, version: String, day: Int) throws {
            let words = ["-c", Self.publish, "publish", sandbox.path.string, key, version, String(day)]
            let result = try runTool("/bin/bash", words)
            try #require(result.status == 0, "\(result.output)")
        }

        private func prepare(_ sandbox: BuildSandbox, _ url: String) throws {
            let list = "deb [arch=amd64 signed-by=\(sandbox.path)/a.gpg] \(url) stable main"
            try sandbox.addHook(
                "it", "extra-data.d/10-apt",
                """
                work=$TMP_BUILD_DIR/apt
                mkdir -p "$work"/{etc/apt/apt.conf.d,state/lists/partial,cache/archives/partial}
                echo '\(list)' > "$work/etc/apt/sources.list"
                cat > "$work/apt.conf" <<END
                Dir "$work"; Dir::State "$work/state"; Dir::State::status "/dev/null"; Dir::Cache "$work/cache";
                Dir::Etc "$work/etc/apt"; Dir::Log "$work"; APT::Sandbox::User "root"; APT::Architecture "amd64";
                APT::Update::Error-Mode "any"; Acquire::Languages "none"; Acquire::Retries "0";
                END
                export APT_CONFIG=$work/apt.conf
                apt-get update
                cd "$TMP_MOUNT_PATH"
                apt-get download it
                """)
        }

        private func run(_ sandbox: BuildSandbox, _ words: [String]) async throws -> BuildResult {
            try await sandbox.start(words + ["-n", "-o", "x", "fake-os", "it"]).result()
        }

        @Test func `another key, an older archive and another version are refused`() async throws {
            try await withSandbox { sandbox in
                let root = sandbox.path.appending("mirror")
                try FileManager.default.createDirectory(atPath: root.string, withIntermediateDirectories: true)
                let server = try WebServerDouble(folder: root)
                defer { server.stop() }
                try prepare(sandbox, server.url)
                try publish(sandbox, key: "a", version: "1.0", day: 2)
                try await run(sandbox, ["lock"]).expectStatus(0)
                let lock = try sandbox.text("x.lock.json")
                #expect(lock.contains("\"version\" : \"1.0\""))
                #expect(lock.contains("\"date\" : 1714608000"))

                // Another key: apt does not believe it, and the lock stays what it was.
                try publish(sandbox, key: "b", version: "1.1", day: 3)
                let forged = try await run(sandbox, ["lock"])
                #expect(forged.status != 0 && forged.output.contains("NO_PUBKEY"))
                // An older archive, rightly signed: apt cannot know better, the lock does.
                try publish(sandbox, key: "a", version: "0.9", day: 1)
                let replayed = try await run(sandbox, ["lock"])
                #expect(replayed.status != 0 && replayed.output.contains("an old archive, replayed"))
                #expect(try sandbox.text("x.lock.json") == lock)

                // From the store alone, whatever the mirror has.
                try await run(sandbox, ["build", "-t", "tar", "--locked", "x.lock.json", "--offline"]).expectStatus(0)
                #expect(try runTool("tar", ["-tf", sandbox.file("x.tar").string]).output.contains("./it_1.0_all.deb"))
                // A newer archive is not the locked one either, unless it is locked anew.
                try FileManager.default.removeItem(atPath: sandbox.home.appending(".cache/ingot/downloads").string)
                try publish(sandbox, key: "a", version: "1.1", day: 4)
                let newer = try await run(sandbox, ["build", "-t", "tar", "--locked", "x.lock.json"])
                #expect(newer.status != 0 && newer.output.contains("the build cannot be as locked"))
                try await run(sandbox, ["lock"]).expectStatus(0)
                #expect(try sandbox.text("x.lock.json").contains("\"version\" : \"1.1\""))
            }
        }
    }
}
