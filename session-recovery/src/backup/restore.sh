#!/bin/sh
# Puts the files of this backup into a new directory, with nothing but a shell, GNU tar and zstd.
#
#     tar --zstd -xOf BACKUP.tar.zst restore.sh > restore.sh
#     sh restore.sh BACKUP.tar.zst NEW_DIRECTORY
#
# The archives that this one refers to must lie beside it. Afterwards NEW_DIRECTORY/states is the directory of the
# states, NEW_DIRECTORY/transcripts/PROJECT what belongs into ~/.claude/projects.
set -eu
umask 077
archive=$1
target=$2
beside=$(dirname -- "$archive")
mkdir -- "$target"
mkdir -- "$target/.contents"
tar --zstd -xOf "$archive" names.txt > "$target/.names"
cut -d ' ' -f 2 < "$target/.names" | sort -u > "$target/.archives"
while read -r name; do
    tar --zstd -xf "$beside/$name" -C "$target/.contents"
done < "$target/.archives"
while read -r digest _archive name; do
    echo "$digest  $target/.contents/data/$digest" | sha256sum -c --quiet -
    mkdir -p -- "$target/$(dirname -- "$name")"
    cp -- "$target/.contents/data/$digest" "$target/$name"
done < "$target/.names"
rm -r -- "$target/.contents" "$target/.names" "$target/.archives"
