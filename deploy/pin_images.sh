#!/usr/bin/env bash
# `make pins`: writes beside the tag of each base image the digest that its registry has for it now, so that every
# machine gets the same bytes; run again, it renews them. Where a registry cannot be reached it changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

files=(compose.yaml deploy/Dockerfile deploy/kustomize/nats.yaml)
images=$(grep -ohE 'docker\.io/library/[a-z]+:[A-Za-z0-9._-]+' "${files[@]}" | sort -u)
pins=()
for image in $images; do
  digest=$(docker buildx imagetools inspect "$image" --format '{{json .Manifest.Digest}}' 2>/dev/null | tr -d '"') || digest=
  if [[ ! $digest =~ ^sha256:[0-9a-f]{64}$ ]]; then
    echo "the registry of $image cannot be reached by \`docker buildx imagetools\`: nothing was pinned" >&2
    exit 1
  fi
  pins+=(-e "s|$image(@sha256:[0-9a-f]{64})?([^A-Za-z0-9._-]\|\$)|$image@$digest\2|")
  echo "$image@$digest"
done
sed -E -i "${pins[@]}" "${files[@]}"
