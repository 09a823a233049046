# A program that packs standard input to standard output, in a format that the kernel unpacks.
export DIB_IPA_COMPRESS_CMD=${DIB_IPA_COMPRESS_CMD:-gzip}
export DIB_IPA_MINIMAL_PRUNE=${DIB_IPA_MINIMAL_PRUNE:-0}
