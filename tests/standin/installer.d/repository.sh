# shellcheck shell=bash disable=SC2034,SC2154  # variables are shared by the files of installer.d
# The install tree and its repositories: .treeinfo, repomd.xml, primary, filelists and comps, with the requests that Anaconda and libdnf make.
# Each metadata file is checked against the sum in repomd.xml. Leaves out zchunk, modules, mirror lists, and package signatures (as Anaconda does).
META=/tmp/repo
INDEX=/tmp/repo/index # one line a package: name, name-version-release.arch, address, sha256, bytes, payload offset
REPO_NAMES=()

# GET as python-requests does it inside Anaconda: get_anaconda URL FILE. Prints the HTTP status.
get_anaconda() {
    curl --silent --location --max-time 46 --user-agent "$PRODUCT (anaconda)/$VERSION" --header 'Accept: */*' \
        --header 'Accept-Encoding: gzip, deflate' --header 'Connection: keep-alive' \
        --output "$2" --write-out '%{http_code}' "$1" 2>>/tmp/packaging.log
}

LIBDNF_AGENT="libdnf ($PRODUCT $VERSION; generic; Linux.x86_64)"
get_libdnf() {
    curl --silent --show-error --fail --location --connect-timeout 30 --user-agent "$LIBDNF_AGENT" "${@:3}" \
        --output "$2" "$1" 2>>/tmp/packaging.log
}

# Row 9. Both names missing is no error; anything else is tried six times.
read_treeinfo() {
    local name status try
    BASE=$(cat /run/install/repo)
    BASE=${BASE%/}
    mkdir -p "$META"
    for name in .treeinfo treeinfo; do
        for try in 0.5 1 2 4 8 16; do
            status=$(get_anaconda "$BASE/$name" "$META/treeinfo")
            case $status in 200 | 404) break ;; esac
            say "$BASE/$name: HTTP status $status; again in $try s"
            sleep "$try"
        done
        case $status in
        200) say "tree is $(value_of release name) $(value_of release version)"; return ;;
        404) rm -f "$META/treeinfo" ;;
        *) fail "$BASE/$name: HTTP status $status" ;;
        esac
    done
    say "no .treeinfo and no treeinfo; taking $BASE as the repository"
}

# value_of SECTION KEY: a value of .treeinfo.
value_of() {
    awk -F' *= *' -v section="[$1]" -v key="$2" '/^\[/ { on = $0 == section } on && $1 == key { print $2; exit }' "$META/treeinfo" 2>/dev/null
}

# Rows 10 to 12: the tree's variants, then the kickstart's repositories. Only the first must answer.
load_repositories() {
    local variant entry path
    : >"$INDEX"
    if [ -s "$META/treeinfo" ]; then
        path=$(value_of tree variants)
        for variant in ${path//,/ }; do
            path=$(value_of "variant-$variant" repository)
            [ "$path" = . ] && path='' || path=/$path
            load_repository "$variant" "$BASE$path"
        done
    else
        load_repository BaseOS "$BASE"
    fi
    for entry in "${REPOS[@]}"; do load_repository "${entry%% *}" "${entry#* }"; done
    say "$(wc -l <"$INDEX") packages in ${#REPO_NAMES[@]} repositories"
}

load_repository() {
    local name=$1 url=${2%/} dir=$META/$1 type sum href
    mkdir -p "$dir"
    if ! get_libdnf "$url/repodata/repomd.xml" "$dir/repomd.xml" --header 'Cache-Control: no-cache' --header 'Pragma: no-cache'; then
        [ ${#REPO_NAMES[@]} -gt 0 ] || fail "base repository $url does not answer"
        say "repository $name at $url does not answer: disabled"
        return
    fi
    while read -r type sum href; do
        get_libdnf "$url/$href" "$dir/${href##*/}" || fail "repository $name: no $href"
        echo "$sum  $dir/${href##*/}" | sha256sum -c --status || fail "repository $name: $href differs from its sum in repomd.xml"
        unpack_file "$dir/${href##*/}" >"$dir/$type.xml"
    done < <(wanted_metadata "$dir/repomd.xml")
    index_primary "$url" <"$dir/primary.xml" >>"$INDEX"
    REPO_NAMES+=("$name $url")
}

# Of repomd.xml, what libdnf takes: type, sum, address. Compressed comps before plain.
wanted_metadata() {
    awk -F'[<>"]' '
        /<data type=/ { type = $3 } /<checksum / { sum = $5 } /<location / { href[type] = $3; sums[type] = sum }
        /<\/data>/ { sums[type] = own }
        /<checksum type="sha256"/ { own = $5 }
        END { for (t in href) if (t == "primary" || t == "filelists" || t == "modules" || t == "updateinfo") print t, sums[t], href[t]
              for (t in href) if (t ~ /^group_/) { print "comps", sums[t], href[t]; exit }
              if ("group" in href) print "comps", sums["group"], href["group"] }' "$1"
}

unpack_file() {
    case $1 in *.gz) gzip -dc "$1" ;; *.zst) zstd -dc "$1" ;; *.xz) xz -dc "$1" ;; *) cat "$1" ;; esac
}

# primary.xml to lines of INDEX.
index_primary() {
    awk -F'[<>"]' -v url="$1" '
        /<name>/ { name = $3 } /<arch>/ { arch = $3 } /<checksum / { sum = $7 }
        /<version / { version = $5; release = $7 }
        /<size / { for (i = 1; i < NF; i++) if ($i ~ /package=/) size = $(i + 1) }
        /<location / { href = $3 }
        /<rpm:header-range / { for (i = 1; i < NF; i++) if ($i ~ /end=/) offset = $(i + 1) }
        /<\/package>/ { print name, name "-" version "-" release "." arch, url "/" href, sum, size, offset }'
}

# Row 13: Anaconda looks once more whether the repository is still the one it read.
check_repositories() {
    local entry name url
    for entry in "${REPO_NAMES[@]}"; do
        name=${entry%% *} url=${entry#* }
        get_anaconda "$url/repodata/repomd.xml" "$META/$name/again.xml" >/dev/null
        cmp -s "$META/$name/repomd.xml" "$META/$name/again.xml" || say "repository $name changed meanwhile"
    done
}
