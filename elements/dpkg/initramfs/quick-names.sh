# Here while the image is built, and only then: read by mkinitramfs of initramfs-tools, which puts no copy into its ramdisk.
# shellcheck shell=dash disable=SC2154
#
# mkinitramfs asks realpath and readlink for the name of every module, over and over: ten thousand programs are started for
# answers that follow from the names. What follows from a name is answered here, everything else by the programs.
_dib_bin=$(command readlink -f /bin)

readlink() {
    if [ "$#" = 2 ] && [ "$1" = -f ] && [ "$2" = /bin ]; then
        printf '%s\n' "$_dib_bin"
    else
        command readlink "$@"
    fi
}

realpath() {
    if [ "$#" = 2 ]; then
        case "$1 $2" in
            "-ms /"* | "-s /"*)
                # One slash at the beginning, however many there are.
                _dib_path=/${2#"${2%%[!/]*}"}
                case "$_dib_path/" in
                    *//* | */./* | */../*) ;;
                    *)
                        if [ "$1" = -ms ] || [ -e "$2" ]; then
                            printf '%s\n' "$_dib_path"
                            return 0
                        fi
                        ;;
                esac
                ;;
        esac
    fi
    command realpath "$@"
}

# Debian 12's copy_file, told of a module that is there already, finds that out by its last test: here by the first.
case "$(sed -n '/^copy_file()/,/^}/p' /usr/share/initramfs-tools/hook-functions 2>/dev/null | cksum)" in
    "2175463425 1805")
        eval "$(sed -n '/^copy_file()/,/^}/p' /usr/share/initramfs-tools/hook-functions | sed '1s/^copy_file/_dib_copy_file/')"
        copy_file() {
            if [ "$#" = 2 ] && [ "$1" = module ]; then
                case "$2/" in
                    *//* | */./* | */../*) ;;
                    /lib/modules/*)
                        if [ "$_dib_bin" = /usr/bin ] && [ -f "$2" ] && [ -e "${DESTDIR}//usr$2" ]; then
                            return 1
                        fi
                        ;;
                esac
            fi
            _dib_copy_file "$@"
        }
        ;;
esac
