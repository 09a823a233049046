import Testing

@testable import BootTesting

@Suite struct GrubConfigurationTests {
    private let arguments = KernelArguments(script: GuestScript(text: ""))
    private var added: String { arguments.text }

    @Test func everyKernelGetsTheArgumentsAndTheMenuDoesNotWait() throws {
        let text = """
            set default="0"
              set timeout=30
            set timeout_style=menu
            # linux is not a command here
            menuentry 'Debian' {
            \tlinux\t/boot/vmlinuz-6.1 root=LABEL=x ro  quiet
            \tinitrd\t/boot/initrd.img-6.1
            }
            submenu 'Advanced' {
                linux16 /vmlinuz root=LABEL=x
                linuxefi /vmlinuz
            }

            """
        let expected = """
            set default="0"
              set timeout=0
            set timeout_style=menu
            # linux is not a command here
            menuentry 'Debian' {
            \tlinux /boot/vmlinuz-6.1 root=LABEL=x ro \(added)
            \tinitrd\t/boot/initrd.img-6.1
            }
            submenu 'Advanced' {
                linux16 /vmlinuz root=LABEL=x \(added)
                linuxefi /vmlinuz \(added)
            }

            """
        #expect(try GrubConfiguration(text: text).booting(with: arguments).text == expected)
    }

    @Test(arguments: ["", "set timeout=5\n", "linux\n", "menuentry 'x' {\n chainloader +1\n}\n", "blscfg\n"])
    func aMenuWithoutKernelIsRefused(text: String) {
        let error = #expect(throws: BootTestError.self) {
            try GrubConfiguration(text: text).booting(with: arguments)
        }
        #expect(
            error?.description
                == "cannot pass the boot test to the kernel: grub.cfg has no 'linux' line\n"
                + "hint: use --seed if the image has cloud-init")
    }
}
