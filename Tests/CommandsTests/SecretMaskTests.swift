import Basics
import ImageAssembly
import TestSupport
import Testing

@testable import Commands

@Suite struct SecretMaskTests {
    @Test(
        "a variable is secret by its name",
        arguments: [
            ("DIB_DEV_USER_PASSWORD", "hunter22", true), ("REG_PASSWORD", "x", true), ("MY_TOKEN", "abcdef", true),
            ("GITHUB_TOKEN_FOR_CI", "abcdef", true), ("AWS_SECRET_ACCESS_KEY", "abcdef", true),
            ("REG_ACTIVATION_KEY", "abcdef", true), ("SOME_APIKEY", "abcdef", true), ("db_password", "abcdef", true),
            ("OS_CREDENTIALS", "abcdef", true), ("SSH_PASSPHRASE", "abcdef", true),
            ("DIB_DEV_USER_AUTHORIZED_KEYS", "/root/keys", false), ("DIB_APT_KEYS", "abcdef", false),
            ("SIGNING_KEY", "/etc/keys/a", false), ("MY_PUBLIC_KEY", "abcdef", false),
            ("HOST_KEY", "ssh-rsa AAAA", false),
            ("PASSWORD_FILE", "secret.txt", false), ("DIB_DEV_USER_PWDLESS_SUDO", "yes", false),
            ("NO_PASSWORD", "true", false), ("USE_TOKEN", "1", false), ("EMPTY_PASSWORD", "", false),
            ("KEYMAP", "us", false),
            ("PATH", "/bin", false), ("DIB_RELEASE", "bookworm", false),
        ])
    func isSecret(name: String, value: String, expected: Bool) {
        #expect(SecretMask.isSecret(name: name, value: value) == expected)
    }

    private let mask = SecretMask(
        environment: Environment([
            "DIB_DEV_USER_PASSWORD": "p w'd$1", "SHORT_PASSWORD": "abc", "LONG_TOKEN": "tokentoken", "TOKEN": "token",
            "http_proxy": "http://user:sesame@proxy:3128/", "DEPLOY_KEY": "-----BEGIN-----\nMIIabcdef\n-----END-----",
            "DIB_RELEASE": "bookworm",
        ]))

    @Test(
        "a secret is masked in every form in which it can be printed",
        arguments: [
            ("+ export DIB_DEV_USER_PASSWORD='p w'\\''d$1'", "+ export DIB_DEV_USER_PASSWORD='***'"),
            ("declare -x DIB_DEV_USER_PASSWORD=\"p w'd\\$1\"", "declare -x DIB_DEV_USER_PASSWORD=\"***\""),
            ("login with p w'd$1 now", "login with *** now"),
            ("longest first: tokentoken, then token", "longest first: ***, then ***"),
            ("+ SHORT_PASSWORD=abc", "+ SHORT_PASSWORD=***"), ("SHORT_PASSWORD='abc'", "SHORT_PASSWORD=***"),
            ("abc of reading", "abc of reading"),
            ("Proxy http://user:sesame@proxy:3128/", "Proxy http://user:***@proxy:3128/"),
            ("key MIIabcdef", "key ***"), ("release bookworm", "release bookworm"), ("", ""),
        ])
    func masks(line: String, expected: String) {
        #expect(mask.applied(to: line) == expected)
    }

    @Test("what bash itself prints of a secret is masked", .requires(.tool("bash")), arguments: 0..<16)
    func masksWhatBashPrints(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array("ab'\"\\$`! *xyz0")
        let random = (0..<Int.random(in: 4...12, using: &generator)).compactMap { _ in
            alphabet.randomElement(using: &generator)
        }
        // An anchor without special characters: if it survives, part of the secret was printed in the clear.
        let secret = "k7" + String(random) + "7k"
        let script = "set -x; export MY_PASSWORD=$IN; : \"$IN\"; set +x; echo \"$IN\"; declare -p MY_PASSWORD"
        let result = try runTool("bash", ["-c", script], environment: ["IN": secret, "PATH": "/usr/bin:/bin"])
        let mask = SecretMask(environment: Environment(["MY_PASSWORD": secret]))
        let masked = result.output.split(separator: "\n").map { mask.applied(to: String($0)) }
        #expect(masked.count >= 5)
        #expect(masked.allSatisfy { !$0.contains("k7") && !$0.contains("7k") }, "\(masked)")
    }

    @Test func everyEventTextIsMaskedBeforeAnyMonitorSeesIt() {
        let (sink, clock) = (MemorySink(), TestClock())
        let monitor = MaskingMonitor(mask: mask, next: JSONMonitor(sink: sink, clock: clock.rendering))
        monitor.receive(.output(line: "pw tokentoken", source: .engine))
        monitor.receive(.warning("tokentoken"))
        monitor.receive(
            .buildFailed(
                FailureReport(
                    summary: "s tokentoken", lastLines: ["l tokentoken"], causes: ["c tokentoken"], hint: "h tokentoken"
                )))
        #expect(sink.lines.count == 3)
        #expect(!sink.text.contains("token"))
        #expect(sink.text.contains("h ***"))
    }
}
