internal import CLinux
package import SystemPackage

/// Asks the kernel to run a program of another architecture, which it does through binfmt_misc if it was told how.
///
/// Trying is the only sure way: registrations are the kernel's, and `/proc/sys/fs/binfmt_misc` is often not mounted, in
/// containers above all.
package enum ForeignProgram {
    /// Runs an executable in a root of its own, without arguments; says whether it ended with status 0.
    ///
    /// In that root there is no interpreter, so it takes one that the kernel keeps open (the flag `F` of
    /// binfmt_misc, Documentation/admin-guide/binfmt-misc.rst). Who may not change the root runs it where it is.
    package static func runs(_ name: String, inRoot root: FilePath) -> Bool {
        root.withPlatformString { root in name.withPlatformString { ingot_runs_in_root(root, $0) == 1 } }
    }
}
