import Basics
import LinuxOS
import SystemPackage
import Testing

struct CommandTests {
    @Test func aCommandPrintsAsAShellLine() {
        let command = Command("mkfs.ext4", ["-L", "my disk", "/dev/loop0"], directory: "/tmp/a b")
        #expect("\(command)" == "cd '/tmp/a b' && mkfs.ext4 -L 'my disk' /dev/loop0")
    }

    @Test func theLauncherRewritesACommand() {
        let environment = Environment(["A": "1"])
        let command = Command("hook", ["x"], environment: environment, directory: "/tmp", standardInput: .inherited)
        var expected = Command(
            "/proc/self/exe", ["--root", "/mnt/root", "--directory", "/tmp", "--nosync", "--", "hook", "x"],
            environment: environment, standardInput: .inherited, calledAs: "ingot-hook")
        expected.shownAs = "chroot /mnt/root sh -c 'cd /tmp && hook x'"
        #expect(HookLauncher(root: "/mnt/root").command(command) == expected)
    }

    @Test func aLauncherWithoutRootShowsTheCommandItself() {
        let launched = HookLauncher(suppressesSync: false).command(Command("hook", ["x"]))
        #expect(launched.arguments == ["--", "hook", "x"])
        #expect("\(launched)" == "hook x")
    }

    @Test func aFailureShowsLineStatusAndLastWords() {
        let outcome = CommandOutcome(status: .exited(3), lastLines: ["one", "two"])
        #expect(
            "\(CommandFailure(Command("a b"), outcome))" == """
                command failed (exit status 3): 'a b'
                    one
                    two
                """)
    }

    @Test(arguments: [(CommandStatus.exited(0), Int32(0)), (.exited(42), 42), (.signaled(9), 137)])
    func theShellStatusCountsSignalsFrom128(_ status: CommandStatus, _ expected: Int32) {
        #expect(status.shellStatus == expected)
    }
}
