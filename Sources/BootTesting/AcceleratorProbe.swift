import Glibc
package import LinuxOS
package import SystemPackage

/// Finds out whether KVM runs code here, by having it run some.
///
/// That `/dev/kvm` opens proves little: in a nested guest it may exist and then fail at the first instruction, or run only
/// kernels made for it. The probe boots a sector of 38 bytes of code and text that writes to the serial port.
package struct AcceleratorProbe: Sendable {
    private let runner: any CommandRunner

    package init(runner: any CommandRunner) { self.runner = runner }

    private static let greeting = "INGOT-RUNS"

    /// The fastest accelerator that works; `folder` takes the probe's disk.
    package func best(in folder: FilePath) async throws -> QemuMachine.Accelerator {
        guard access("/dev/kvm", R_OK | W_OK) == 0 else { return .tcg }
        return try await works(.kvm, in: folder) ? .kvm : .tcg
    }

    /// Whether a guest says its greeting within the limit.
    package func works(
        _ accelerator: QemuMachine.Accelerator, in folder: FilePath, limit: Duration = .seconds(5)
    ) async throws -> Bool {
        let disk = folder.appending("probe")
        // SeaBIOS boots no disk that is smaller than a cylinder.
        try writeFile(Self.sector + [UInt8](repeating: 0, count: (1 << 20) - 512), to: disk)
        let machine = QemuMachine(accelerator: accelerator, memoryMebibytes: 64, disk: disk)
        let watched = try await WatchedRun(runner: runner, command: machine.command(timeLimit: limit)).run(
            limit: limit
        ) { line, _ in line.contains(Self.greeting) ? true : nil }
        if case .decided = watched { return true }
        return false
    }

    /// ```
    /// xor ax,ax; mov ds,ax; mov dx,0x3F8; mov si,text
    /// next: lodsb; test al,al; jz end; out dx,al; jmp next
    /// end:  hlt; jmp end
    /// ```
    static let sector: [UInt8] = {
        let code: [UInt8] = [
            0x31, 0xC0, 0x8E, 0xD8, 0xBA, 0xF8, 0x03, 0xBE, 0x15, 0x7C, 0xAC, 0x84, 0xC0, 0x74, 0x03, 0xEE, 0xEB, 0xF8,
            0xF4, 0xEB, 0xFD,
        ]
        let text = Array("\r\n\(greeting)\r\n".utf8) + [0]
        let padding = [UInt8](repeating: 0, count: 510 - code.count - text.count)
        return code + text + padding + [0x55, 0xAA]
    }()
}
