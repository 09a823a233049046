import Basics
import Foundation
import ImagePlanning
import Testing

@Suite struct BuildRequestTests {
    /// A variable, its value, and what the request then has of it; defaults are the rows without a value.
    @Test("each variable of the contract has its place in the request", arguments: rows)
    func variables(row: Row) {
        let environment = row.value.map { [row.variable: $0] } ?? [:]
        #expect(row.field(request(environment)) == row.expected)
    }

    struct Row: CustomTestStringConvertible, Sendable {
        let variable: String
        let value: String?
        let expected: String
        let field: @Sendable (BuildRequest) -> String
        var testDescription: String { value.map { "\(variable)='\($0)'" } ?? "\(variable) unset" }

        init(
            _ variable: String, _ value: String?, _ expected: String,
            _ field: @escaping @Sendable (BuildRequest) -> String
        ) {
            (self.variable, self.value, self.expected, self.field) = (variable, value, expected, field)
        }
    }

    private static let rows: [Row] = [
        Row("IMAGE_NAME", nil, "image") { $0.imageName }, Row("IMAGE_NAME", "", "image") { $0.imageName },
        Row("IMAGE_NAME", "x", "x") { $0.imageName },
        Row("ARCH", nil, "amd64") { $0.architecture.name }, Row("ARCH", "ppc64el", "ppc64el") { $0.architecture.name },
        Row("IMAGE_ELEMENT", nil, "") { $0.environmentElements.joined(separator: "|") },
        Row("IMAGE_ELEMENT", " a\tb\n c ", "a|b|c") { $0.environmentElements.joined(separator: "|") },
        Row("SKIP_BASE", nil, "false") { "\($0.skipBase)" }, Row("SKIP_BASE", "1", "true") { "\($0.skipBase)" },
        Row("SKIP_BASE", "yes", "false") { "\($0.skipBase)" },
        Row("CLEAR_ENV", nil, "false") { "\($0.clearsEnvironment)" },
        Row("CLEAR_ENV", "1", "true") { "\($0.clearsEnvironment)" },
        Row("DIB_DEBUG_TRACE", nil, "0") { "\($0.traceLevel)" },
        Row("DIB_DEBUG_TRACE", "2", "2") { "\($0.traceLevel)" },
        Row("DIB_CHECKSUM", nil, "-") { checksums($0) }, Row("DIB_CHECKSUM", "0", "-") { checksums($0) },
        Row("DIB_CHECKSUM", "1", "md5+sha256") { checksums($0) }, Row("DIB_CHECKSUM", "md5", "md5") { checksums($0) },
        Row("DIB_CHECKSUM", "sha256", "sha256") { checksums($0) },
        Row("DIB_CHECKSUM", "md5,sha256", "md5+sha256") { checksums($0) },
        Row("DIB_CHECKSUM", "crc", "-") { checksums($0) },
        Row("DIB_IMAGE_SIZE", nil, "-") { $0.imageSize ?? "-" },
        Row("DIB_IMAGE_SIZE", "1.5", "1.5") { $0.imageSize ?? "-" },
        Row("DIB_IMAGE_EXTRA_SIZE", nil, "-") { $0.imageExtraSize ?? "-" },
        Row("DIB_IMAGE_EXTRA_SIZE", "300", "300") { $0.imageExtraSize ?? "-" },
        Row("DIB_IMAGE_CACHE", nil, "/root/.cache/image-create") { $0.imageCache },
        Row("HOME", "/home/me", "/home/me/.cache/image-create") { $0.imageCache },
        Row("DIB_IMAGE_CACHE", "/c", "/c") { $0.imageCache },
        Row("MAX_ONLINE_RESIZE", nil, "-") { $0.maxOnlineResize ?? "-" },
        Row("MAX_ONLINE_RESIZE", "1000", "1000") { $0.maxOnlineResize ?? "-" },
        Row("DIB_JOURNAL_SIZE", nil, "-") { $0.journalSize ?? "-" },
        Row("DIB_JOURNAL_SIZE", "32", "32") { $0.journalSize ?? "-" },
        Row("MKFS_OPTS", "-i 1", "") { $0.mkfsOptions },
        Row("DIB_MIN_TMPFS", nil, "2") { "\($0.minTmpfs)" }, Row("DIB_MIN_TMPFS", "7", "7") { "\($0.minTmpfs)" },
        Row("DIB_NO_TMPFS", nil, "true") { "\($0.usesTmpfs)" }, Row("DIB_NO_TMPFS", "0", "true") { "\($0.usesTmpfs)" },
        Row("DIB_NO_TMPFS", "1", "false") { "\($0.usesTmpfs)" },
        Row("DIB_OFFLINE", nil, "false") { "\($0.isOffline)" }, Row("DIB_OFFLINE", "", "false") { "\($0.isOffline)" },
        Row("DIB_OFFLINE", "1", "true") { "\($0.isOffline)" },
        Row("QEMU_IMG_OPTIONS", nil, "-") { $0.qemuImgOptions ?? "-" },
        Row("QEMU_IMG_OPTIONS", "compat=1.1", "compat=1.1") { $0.qemuImgOptions ?? "-" },
        Row("ROOT_LABEL", nil, "-") { $0.rootLabel ?? "-" }, Row("ROOT_LABEL", "r", "r") { $0.rootLabel ?? "-" },
        Row("FS_TYPE", nil, "ext4") { $0.filesystemType }, Row("FS_TYPE", "xfs", "xfs") { $0.filesystemType },
        Row("RAMDISK_ELEMENT", nil, "ramdisk") { $0.ramdiskElement },
        Row("RAMDISK_ELEMENT", "dracut", "dracut") { $0.ramdiskElement },
        Row("DIB_DEFAULT_INSTALLTYPE", nil, "source") { $0.installType },
        Row("DIB_DEFAULT_INSTALLTYPE", "package", "package") { $0.installType },
        Row("OVERWRITE_OLD_IMAGE", nil, "false") { "\($0.overwritesOldImages)" },
        Row("OVERWRITE_OLD_IMAGE", "0", "false") { "\($0.overwritesOldImages)" },
        Row("OVERWRITE_OLD_IMAGE", "1", "true") { "\($0.overwritesOldImages)" },
        Row("IMAGE_TYPES", "raw", "qcow2") { $0.formats.map(\.name).joined(separator: ",") },
        Row("INSTALL_PACKAGES", "htop", "") { $0.packages.joined(separator: ",") },
        Row("COMPRESS_IMAGE", "", "true") { "\($0.compresses)" }, Row("LOGFILE", "/l", "-") { $0.logfile ?? "-" },
    ]

    private static func checksums(_ request: BuildRequest) -> String {
        let names = [request.checksum.md5 ? "md5" : nil, request.checksum.sha256 ? "sha256" : nil].compactMap(\.self)
        return names.isEmpty ? "-" : names.joined(separator: "+")
    }

    @Test(arguments: [
        ("x86_64", "amd64"), ("aarch64", "arm64"), ("armv7l", "armhf"), ("ppc64le", "ppc64le"), ("s390x", "s390x"),
    ])
    func machinesHaveDebiansNames(machine: String, architecture: String) {
        #expect(request(machine: machine).architecture == Architecture(architecture))
    }

    @Test func aRequestSurvivesJSON() throws {
        let original = request(["FS_TYPE": "xfs"]) { $0.formats = [.qcow2, .tar, .qemu("vmdk")] }
        let data = try JSONEncoder().encode(original)
        #expect(try JSONDecoder().decode(BuildRequest.self, from: data) == original)
    }
}
