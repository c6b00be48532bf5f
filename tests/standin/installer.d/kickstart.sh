# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# Reading the kickstart file: sections, %include, words and options. What the commands mean is in commands.sh.
# Leaves out %ksappend, and words that a quote leaves open over several lines.
declare -A O KS          # options of the current command; the facts of the kickstart
WORDS=() ARGS=()         # words of the current line; those that are not options
COMMANDS=() PACKAGE_LINES=() SECTION_TYPE=() SECTION_HEAD=() SECTION_BODY=()
WORDS_FILE=${WORDS_FILE:-/tmp/words}
SECTIONS=' pre pre-install post onerror traceback packages addon anaconda '

# Splits a line as a shell would, without expansion; a word beginning with # ends it.
split() {
    local word
    WORDS=()
    xargs -r printf '%s\0' <<<"$1" >"$WORDS_FILE" 2>/dev/null || refuse "line $LINE: a quote is left open"
    while IFS= read -r -d '' word; do
        case $word in '#'*) break ;; esac
        WORDS+=("$word")
    done <"$WORDS_FILE"
}

# options COMMAND "known options": sorts WORDS into O (by name, without the dashes) and ARGS. A flag without value gets 1.
options() {
    local word name
    O=() ARGS=()
    for word in "${WORDS[@]:1}"; do
        case $word in
        --*)
            name=${word#--}
            name=${name%%=*}
            [[ " $2 " == *" $name "* ]] || refuse "line $LINE: option --$name of $1 is unknown to the stand-in"
            case $word in *=*) O[$name]=${word#*=} ;; *) O[$name]=1 ;; esac
            ;;
        *) ARGS+=("$word") ;;
        esac
    done
}

# need COMMAND OPTION: the option must have been given.
need() { [ -n "${O[$2]:-}" ] || refuse "line $LINE: $1 without --$2"; }

# read_sections FILE before-pre|after-pre: takes the file apart. Before %pre a missing include is tolerated, as dracut does.
read_sections() {
    COMMANDS=() PACKAGE_LINES=() SECTION_TYPE=() SECTION_HEAD=() SECTION_BODY=()
    LINE=0 SECTION=''
    read_file "$1" "$2"
    [ -z "$SECTION" ] || refuse "section %$SECTION has no %end"
}

# read_file FILE WHEN: reads FILE, and whatever it includes, into the arrays.
read_file() {
    local line
    while IFS= read -r line || [ -n "$line" ]; do
        LINE=$((LINE + 1))
        line=${line%$'\r'}
        if [ -n "$SECTION" ]; then
            inside "$line"
        else
            case $line in
            '' | '#'*) ;;
            %include*) include "${line#%include}" "$2" ;;
            %*) open_section "${line#%}" ;;
            *) COMMANDS+=("$LINE $line") ;;
            esac
        fi
    done <"$1"
}

open_section() {
    split "$1"
    SECTION=${WORDS[0]}
    [[ $SECTIONS == *" $SECTION "* ]] || refuse "line $LINE: section %$SECTION is unknown to the stand-in"
    SECTION_TYPE+=("$SECTION")
    SECTION_HEAD+=("$1")
    SECTION_BODY+=('')
}

inside() {
    if [[ $1 =~ ^%end[[:space:]]*$ ]]; then
        SECTION=''
        return
    fi
    SECTION_BODY[-1]+=$1$'\n'
    [ "$SECTION" != packages ] || PACKAGE_LINES+=("$1")
}

include() {
    local file
    split "$1"
    file=${WORDS[0]}
    if [ -r "$file" ]; then
        read_file "$file" "$2"
    elif [ "$2" = after-pre ]; then
        refuse "line $LINE: %include $file: no such file"
    fi
}
