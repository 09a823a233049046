import Basics
import LinuxOS
import SystemPackage
import TestSupport
import Testing

extension SystemTests {
    @Suite(.requires(.root, .tool("cc")), .timeLimit(.minutes(2)))
    struct HookLauncherTests {
        private let runner = SubprocessRunner()

        private func run(_ launcher: HookLauncher, _ command: Command) async throws -> CommandOutcome {
            try await runner.run(launcher.command(command), onLine: { _ in })
        }

        @Test(arguments: [
            ("exit 42", CommandStatus.exited(42)), ("kill -9 $$", .signaled(9)), ("exit 0", .exited(0)),
        ])
        func theCommandTakesTheLaunchersPlace(_ script: String, _ status: CommandStatus) async throws {
            #expect(try await run(HookLauncher(), Command("sh", ["-c", script])).status == status)
        }

        @Test func aMissingCommandIs127() async throws {
            let outcome = try await run(HookLauncher(), Command("/ingot-no-such"))
            #expect(
                outcome
                    == CommandOutcome(
                        status: .exited(127),
                        lastLines: ["ingot-hook: cannot run '/ingot-no-such': No such file or directory"]))
        }

        @Test func aFileThatIsNotExecutableIs126() async throws {
            let outcome = try await run(HookLauncher(), Command("/etc/passwd"))
            #expect(outcome.status == .exited(126))
        }

        @Test func aMissingInterpreterIsNamedAsTheReason() async throws {
            try await withScratchDirectory { folder in
                let script = folder.appending("hook")
                _ = try runTool("sh", ["-c", "printf '#!/no/such/shell\\n' > \(script) && chmod +x \(script)"])
                let outcome = try await run(HookLauncher(), Command(script.string))
                #expect(outcome.status == .exited(127))
                #expect(outcome.lastLines == ["ingot-hook: cannot run '\(script)': its interpreter does not exist"])
            }
        }

        @Test func aMissingRootIs125() async throws {
            let outcome = try await run(HookLauncher(root: "/ingot/no/such"), Command("true"))
            #expect(
                outcome
                    == CommandOutcome(
                        status: .exited(125),
                        lastLines: ["ingot-hook: cannot enter the root '/ingot/no/such': No such file or directory"]))
        }

        @Test func theRootAndTheDirectoryAreEntered() async throws {
            try await withScratchDirectory { root in
                _ = try staticShell(in: root)
                let command = Command("/tool", environment: Environment(), directory: "/inner")
                #expect(
                    try await run(HookLauncher(root: root), command).lastLines == [
                        "cwd /inner", "fsync 0", "sync_file_range 0",
                    ])
            }
        }

        @Test func withoutSuppressionFsyncReachesTheKernel() async throws {
            try await withScratchDirectory { root in
                _ = try staticShell(in: root)
                let launcher = HookLauncher(root: root, suppressesSync: false)
                #expect(
                    try await run(launcher, Command("/tool", environment: Environment())).lastLines
                        == ["cwd /", "fsync -1", "sync_file_range -1"])
            }
        }

        @Test(
            "under the view of the kernel's files a command ends as it would without", .timeLimit(.minutes(1)),
            arguments: [
                ("exit 42", CommandStatus.exited(42)), ("kill -9 $$", .signaled(9)), ("kill $$", .signaled(15)),
            ])
        func theViewKeepsTheStatus(_ script: String, _ status: CommandStatus) async throws {
            let launcher = HookLauncher(showsKernelFiles: true)
            #expect(try await run(launcher, Command("sh", ["-c", script])).status == status)
        }

        @Test func aRootWithoutMountsSeesTheKernelsFilesAndNoOthers() async throws {
            try await withScratchDirectory { root in
                let source = """
                    #include <stdio.h>
                    #include <sys/stat.h>
                    #include <unistd.h>
                    int main(void) {
                        char name[64] = "", target[64] = "";
                        struct stat info;
                        FILE *file = fopen("/proc/self/comm", "r");
                        if (!file || !fgets(name, sizeof name, file)) return 1;
                        printf("comm %s", name);
                        if (readlink("/proc/self/exe", target, sizeof target) < 0) return 2;
                        printf("exe %s\\n", target);
                        printf("sys %d\\n", stat("/sys/class", &info) == 0 && S_ISDIR(info.st_mode));
                        printf("climbed %d\\n", access("/proc/../etc/passwd", F_OK));
                        printf("etc %d\\n", access("/etc/passwd", F_OK));
                    }
                    """
                let made = try runTool(
                    "sh", ["-c", "printf '%s' \"$2\" | cc -static -x c -o \"$1/tool\" -", "sh", root.string, source])
                #expect(made.status == 0, "\(made.output)")
                let command = Command("/tool", environment: Environment())
                let without = try await run(HookLauncher(root: root), command)
                #expect(without.status == .exited(1))
                let seen = try await run(HookLauncher(root: root, showsKernelFiles: true), command)
                #expect(seen.lastLines == ["comm tool", "exe /tool", "sys 1", "climbed -1", "etc -1"])
            }
        }

        @Test func signalsAreBackAtTheirDefaults() async throws {
            let script = "trap '' INT PIPE USR1; exec -a ingot-hook \"$0\" -- sed -n '/^Sig[BIC]/p' /proc/self/status"
            let outcome = try await runner.run(Command("bash", ["-c", script, testBinary]), onLine: { _ in })
            #expect(outcome.lastLines == ["SigBlk", "SigIgn", "SigCgt"].map { "\($0):\t0000000000000000" })
        }

        /// A static program that needs nothing in its root: says where it is and what fsync(-1) gives.
        private func staticShell(in root: FilePath) throws -> ToolResult {
            let source = """
                #define _GNU_SOURCE
                #include <fcntl.h>
                #include <stdio.h>
                #include <unistd.h>
                int main(void) {
                    char path[4096];
                    printf("cwd %s\\n", getcwd(path, sizeof path));
                    printf("fsync %d\\n", fsync(-1));
                    printf("sync_file_range %d\\n", sync_file_range(-1, 0, 0, 0));
                }
                """
            return try runTool(
                "sh",
                [
                    "-c", "mkdir \"$1/inner\" && printf '%s' \"$2\" | cc -static -x c -o \"$1/tool\" -", "sh",
                    root.string,
                    source,
                ])
        }
    }
}
