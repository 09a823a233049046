/// The variables named `DIB_…` that the engine itself reads or sets, or that every operating system element exports
/// (compat-core section 2): no element has to declare them, and none of them is misspelt.
///
/// A test holds the list against the sources.
package enum EngineVariables {
    package static let names: Set<String> = [
        "DIB_APT_CHECK_VALID_UNTIL", "DIB_APT_SOURCES_CONF", "DIB_ARGS", "DIB_BLOCK_DEVICE", "DIB_BLOCK_DEVICE_CONFIG",
        "DIB_BLOCK_DEVICE_PARAMS_YAML", "DIB_BLOCK_SIZE",
        "DIB_BOOTLOADER_GRUB", "DIB_BOOT_LABEL", "DIB_CHECKSUM", "DIB_DEBUG_TRACE", "DIB_DEFAULT_INSTALLTYPE",
        "DIB_DISTRIBUTION_MIRROR",
        "DIB_ENV", "DIB_EROFS_OPTIONS", "DIB_GZIP_BIN", "DIB_IMAGE_CACHE", "DIB_IMAGE_EXTRA_SIZE", "DIB_IMAGE_SIZE",
        "DIB_INIT_SYSTEM",
        "DIB_JOURNAL_SIZE", "DIB_LIB_UDEV_ROOT", "DIB_LOCAL_IMAGE", "DIB_LOCKFILES", "DIB_MIN_TMPFS", "DIB_MODULE_ROOT",
        "DIB_MOUNTPOINTS",
        "DIB_NO_TIMESTAMP", "DIB_NO_TMPFS", "DIB_OCI_CMD", "DIB_OCI_COMPRESSION", "DIB_OCI_ENTRYPOINT", "DIB_OCI_ENV",
        "DIB_OCI_EXPOSE", "DIB_OCI_LABEL", "DIB_OCI_USER", "DIB_OCI_WORKDIR", "DIB_OFFLINE", "DIB_PYTHON",
        "DIB_PYTHON_EXEC", "DIB_PYTHON_VERSION", "DIB_QUIET", "DIB_RELEASE", "DIB_ROOT_FSTYPE", "DIB_ROOT_LABEL",
        "DIB_RUN_PARTS", "DIB_SHOW_IMAGE_USAGE", "DIB_SHOW_IMAGE_USAGE_FULL", "DIB_SIGNED_KERNEL_VERSION",
        "DIB_BAREMETAL_INITRD_PATTERN", "DIB_BAREMETAL_KERNEL_PATTERN", "DIB_SQUASHFS_OPTIONS",
    ]

    /// Beginnings of names that elements complete: an install type or a repository for each program.
    package static let prefixes = ["DIB_INSTALLTYPE_", "DIB_REPO"]

    package static func knows(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
