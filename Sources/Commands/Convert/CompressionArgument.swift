import ArgumentParser
import DiskFormats

/// `none`, `deflate`, `zstd`, with an optional `:LEVEL`.
struct CompressionArgument: ExpressibleByArgument, CustomStringConvertible {
    let compression: ClusterCompression

    init(compression: ClusterCompression) { self.compression = compression }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        let level = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts.first, parts.count, level) {
        case ("none", 1, _): compression = .none
        case ("deflate", 1, _): compression = .deflate()
        case ("zstd", 1, _): compression = .zstd()
        case ("deflate", 2, .some(let level)): compression = .deflate(level: level)
        case ("zstd", 2, .some(let level)): compression = .zstd(level: level)
        default: return nil
        }
    }

    var description: String {
        switch compression {
        case .none: "none"
        case .deflate(let level): "deflate:\(level)"
        case .zstd(let level): "zstd:\(level)"
        }
    }
}

extension DiskImageFormat: ExpressibleByArgument {
    package init?(argument: String) { self.init(name: argument) }
}
