# Lays the components of one builder manifest over another, which the builder itself cannot:
#   awk -f manifest.awk builder-kubernetes.yaml builder.yaml
NR == FNR && /^[a-z]+:/ { section = $1 }
NR == FNR && /^ +- gomod:/ { more[section] = more[section] $0 "\n" }
NR == FNR { next }
{ print }
$0 ~ /^[a-z]+:/ && $1 in more { printf "%s", more[$1]; delete more[$1] }
END {
    for (section in more) {
        print FILENAME " has no section " section > "/dev/stderr"
        exit 1
    }
}
