/// What is said of a container that refuses every namespace, where builds work by chroot alone.
extension HostRules {
    var chrootOnly: HostCheck {
        HostCheck(
            "namespaces", .warning,
            "this container allows none: hooks run by chroot alone, what they mount is a copy, and no layers are kept",
            remedy: "none needed, the image is the same; for layers: podman, or docker run --security-opt seccomp=FILE "
                + "with the FILE of docs/rootless.md")
    }

    /// For root of a container that refuses namespaces and lacks rights as well.
    func lacksRights(_ missing: [String]) -> (detail: String, remedy: String) {
        (
            "the container's filter of system calls refuses user namespaces, and a build by chroot alone lacks "
                + missing.joined(separator: ", "),
            "leave the container Docker's own capabilities: docker run "
                + missing.map { "--cap-add \($0)" }.joined(separator: " ")
        )
    }
}
