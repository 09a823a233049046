import SystemPackage
import TestSupport

/// What Docker's own settings leave a container's root, without Docker: its list of capabilities, and a filter that
/// refuses every namespace and mount (moby `profiles/seccomp/default.json`).
enum DockerConfinement {
    static let capabilities = [
        "chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service",
        "net_raw", "sys_chroot", "mknod", "audit_write", "setfcap",
    ]

    /// The words of a command that enters it and becomes the program.
    static func words(
        _ program: String, _ arguments: [String], capabilities: [String] = capabilities, user: UInt32? = nil
    ) -> [String] {
        let set = "-all," + capabilities.map { "+\($0)" }.joined(separator: ",")
        let becoming = user.map { ["--reuid", String($0), "--regid", String($0), "--clear-groups"] } ?? []
        return ["python3", "-c", filter, "setpriv", "--bounding-set", set, "--inh-caps", "-all"] + becoming
            + [program] + arguments
    }

    /// Installs the filter while it still has the right to, and becomes its arguments.
    private static let filter = """
        import ctypes, os, platform, struct, sys
        libc = ctypes.CDLL(None, use_errno=True)
        x86 = platform.machine() == "x86_64"
        audit = 0xC000003E if x86 else 0xC00000B7
        # unshare setns mount umount2 pivot_root process_vm_readv process_vm_writev
        refused = [272, 308, 165, 166, 155, 310, 311] if x86 else [97, 268, 40, 39, 41, 270, 271]
        # open_tree move_mount fsopen fsconfig fsmount fspick mount_setattr
        refused += [428, 429, 430, 431, 432, 433, 442]
        clone, clone3, new = 56 if x86 else 220, 435, 0x7E020000
        EPERM, ENOSYS, ALLOW = 0x00050001, 0x00050026, 0x7FFF0000
        code = []
        def put(op, k, yes=0, no=0): code.append(struct.pack("HBBI", op, yes, no, k))
        put(0x20, 4); put(0x15, audit, 1, 0); put(0x06, EPERM); put(0x20, 0)
        for number in refused: put(0x15, number, 0, 1); put(0x06, EPERM)
        put(0x15, clone3, 0, 1); put(0x06, ENOSYS)
        put(0x15, clone, 0, 3); put(0x20, 16); put(0x45, new, 0, 1); put(0x06, EPERM); put(0x06, ALLOW)
        text = ctypes.create_string_buffer(b"".join(code))
        class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
        program = Program(len(code), ctypes.addressof(text))
        if libc.prctl(22, 2, ctypes.byref(program), 0, 0) != 0: sys.exit("no filter: " + os.strerror(ctypes.get_errno()))
        os.execvp(sys.argv[1], sys.argv[1:])
        """
}

extension BuildSandbox {
    /// Starts the program as root of such a container.
    func startConfined(
        _ arguments: [String], environment changes: [String: String?] = [:],
        capabilities: [String] = DockerConfinement.capabilities, user: UInt32? = nil
    ) throws -> RunningBuild {
        let words = DockerConfinement.words(
            Checkout.ingot.string, arguments, capabilities: capabilities, user: user)
        return try start(program: FilePath("/usr/bin/\(words[0])"), Array(words.dropFirst()), environment: changes)
    }
}
