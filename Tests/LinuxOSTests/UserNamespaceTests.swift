import Basics
import Foundation
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    /// The session of an ordinary user: the same three processes, in a user namespace with the user's subordinate ids.
    @Suite(.requiresOrdinaryUsers, .timeLimit(.minutes(3)))
    struct UserNamespaceTests {
        private let runner = SubprocessRunner()

        /// This test binary under the name `ingot-session`, as that user, with `engine` as its engine.
        private func command(_ user: ThrowawayUser, _ engine: [String]) throws -> Command {
            func map(_ kind: String, _ own: UInt32) throws -> String {
                let text = try String(contentsOfFile: "/etc/sub\(kind)", encoding: .utf8)
                let given = SubordinateRange.ranges(text, user: user.name, id: UInt64(user.identifier))
                return IdentityMap.current(kind).rootless(own: UInt64(own), subordinate: given).text
            }
            let group = try user.run("id", ["-g"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
            let launch = #"cd; exec -a ingot-session "$0" --user-namespace "$1" "$2" "$3" "$4" -- "${@:5}""#
            let words = user.words(
                "bash",
                [
                    "-c", launch, testBinary, try map("uid", user.identifier), try map("gid", #require(UInt32(group))),
                    "/usr/bin/newuidmap", "/usr/bin/newgidmap",
                ] + engine)
            return Command(words[0], Array(words.dropFirst()))
        }

        private func run(_ user: ThrowawayUser, _ script: String) async throws -> CommandOutcome {
            try await runner.run(
                command(user, ["ingot-hook", "--", "/bin/bash", "-c", script]), onLine: { _ in })
        }

        @Test func theEngineIsRootWithAllIdsOfAnImage() async throws {
            try await withThrowawayUser { user in
                let outcome = try await run(
                    user,
                    """
                    set -e; echo $$ $(id -u) $(id -g)
                    touch file && chown 42:65534 file && chmod 4755 file && stat -c %u:%g:%a file
                    setpriv --reuid 33 --regid 33 --clear-groups id -u
                    mount -t tmpfs none /mnt && ls /proc/[0-9]*/stat | wc -l
                    """)
                #expect(outcome.lastLines == ["2 0 0", "42:65534:4755", "33", "4"], "\(outcome)")
                #expect(outcome.status == .exited(0))
                // Outside they are the user's own: 42 is the 42nd of its range, which begins at inside 1.
                let text = try String(contentsOfFile: "/etc/subuid", encoding: .utf8)
                let range = try #require(SubordinateRange.ranges(text, user: user.name, id: 0).first)
                let owner = try runTool("stat", ["-c", "%u", user.home.appending("file").string]).output
                #expect(owner == "\(range.start + 41)\n")
            }
        }

        @Test func capabilitiesAndAccessListsAreStoredAndSeenAsRootSeesThem() async throws {
            try await withThrowawayUser { user in
                let outcome = try await run(
                    user,
                    """
                    set -e; cp /bin/true file; setcap cap_net_raw+ep file; setfacl -m u:100:r,g:42:rw file
                    getfattr --absolute-names -e hex -n security.capability file | grep =
                    getfacl -ncp file | grep -E '100|42'
                    """)
                // Version 2, without the namespace's root in it.
                #expect(
                    outcome.lastLines == [
                        "security.capability=0x0100000200200000000000000000000000000000", "user:100:r--",
                        "group:42:rw-",
                    ], "\(outcome)")
            }
        }

        @Test func theTestsForTheInsideOfASessionPassThere() async throws {
            try await withThrowawayUser { user in
                let engine = [
                    testBinary, "--testing-library", "swift-testing", "--filter", "LinuxOSTests.InsideSession/",
                ]
                let outcome = try await runner.run(command(user, engine), onLine: { _ in })
                #expect(outcome.status == .exited(0), "\(outcome)")
                #expect(
                    outcome.lastLines.contains { $0.contains("Test run with 6 tests in 1 suite passed") }, "\(outcome)")
            }
        }

        @Test func killingTheStartedProcessLeavesNothingThoughFilesBelongToOthers() async throws {
            let duration = uniqueDuration()
            try await withThrowawayUser { user in
                let tree = user.home.appending("dib_build.test")
                let lines = Lines()
                let launch = try command(
                    user,
                    [
                        "ingot-hook", "--", "/bin/bash", "-c",
                        """
                        mkdir -p \(tree)/deep/er && touch \(tree)/deep/er/file && chown -R 42:42 \(tree)/deep && chmod 700 \(tree)/deep
                        printf '+%s\\n' \(tree) >&$INGOT_SESSION_FD
                        mkdir \(tree)/mnt && mount -t tmpfs none \(tree)/mnt && mount --rbind /sys \(tree)/mnt
                        (trap '' TERM; exec setsid sleep \(duration)) & echo $PPID up; wait
                        """,
                    ])
                let task = Task { try await runner.run(launch, onLine: lines.add) }
                #expect(await eventually { lines.all.last == "1 up" && processCount(withArgument: duration) == 1 })
                let outer = try runTool("pgrep", ["-u", user.name, "-f", "^ingot-session"]).output
                kill(try #require(pid_t(outer.split(separator: "\n").first ?? "")), SIGKILL)
                let gone = await eventually(within: .seconds(3)) {
                    processCount(withArgument: duration) == 0 && !FileManager.default.fileExists(atPath: tree.string)
                }
                #expect(gone)
                #expect(try await task.value.status == .signaled(SIGKILL))
            }
        }

        @Test func whoHasNoIdsIsTold() async throws {
            try await withThrowawayUser { user in
                let words = user.words(
                    "bash",
                    [
                        "-c",
                        #"exec -a ingot-session "$0" --user-namespace "0 0 1" "0 0 1" "$1" "$2" -- ingot-hook -- true"#,
                        testBinary, "/usr/bin/newuidmap", "/usr/bin/newgidmap",
                    ])
                let outcome = try await runner.run(Command(words[0], Array(words.dropFirst())), onLine: { _ in })
                #expect(outcome.status == .exited(1))
                #expect(outcome.lastLines.last?.hasPrefix("ingot-session: cannot map user and group ids: ") == true)
            }
        }
    }
}

@Suite struct IdentityMapTests {
    private let whole = IdentityMap(parsing: "         0          0 4294967295\n")

    @Test func aUserBecomesRootAndTheRangesFollow() {
        let ranges = SubordinateRange.ranges(
            "other:100000:65536\nme:165536:1000\n1000:300000:64536\nbroken\nme:x:1\n", user: "me", id: 1000)
        #expect(
            ranges == [SubordinateRange(start: 165_536, count: 1000), SubordinateRange(start: 300_000, count: 64_536)])
        let map = whole.rootless(own: 1000, subordinate: ranges)
        #expect(map.text == "0 1000 1\n1 165536 1000\n1001 300000 64536\n")
        #expect(map.count == 65_537)
    }

    /// As in a container of a user, which has 65537 ids whatever its /etc/subuid says.
    @Test func idsThatDoNotExistHereAreLeftOut() {
        let container = IdentityMap(parsing: "0 1000 1\n1 100000 65536\n")
        let map = container.rootless(
            own: 1000,
            subordinate: [SubordinateRange(start: 1, count: 999), SubordinateRange(start: 1001, count: 99_999)])
        #expect(map.text == "0 1000 1\n1 1 999\n1000 1001 64536\n")
        #expect(container.rootless(own: 7, subordinate: [SubordinateRange(start: 100_000, count: 65_536)]).count == 1)
        #expect(container.identity.text == "0 0 1\n1 1 65536\n")
    }

    @Test func aFreeRangeIsAboveAllOthers() {
        #expect(SubordinateRange.firstFree([]) == 100_000)
        #expect(SubordinateRange.firstFree(["a:100000:65536\n", "b:300000:10\n"]) == 300_010)
        #expect(SubordinateRange.firstFree(["a:4294967295:4294967295\n"]) == 8_589_934_590)
    }
}
