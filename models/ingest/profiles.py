"""From what `--profile` names to profiles: a preset, our short form, or kube-scheduler's configuration."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import PurePosixPath
from typing import Any

from placewright.models.agent import DEFAULT_SCHEDULER
from placewright.models.errors import InputError
from placewright.models.ingest.load import one_line
from placewright.models.ingest.profile_kube import read_scheduler_config
from placewright.models.ingest.profile_short import read_profile
from placewright.models.options import Options
from placewright.models.profile import KUBE_WEIGHTS, Profile, ScoreName
from placewright.models.reading.display import nearest, printable, shown
from placewright.models.reading.documents import parse_documents
from placewright.models.reading.files import Skipped, read_blobs
from placewright.models.reading.flatten import flatten
from placewright.models.scores import SCORES
from placewright.models.wire.profile import KIND, VERSION
from placewright.models.wire.scheduler_config import GROUP
from placewright.models.wire.scheduler_config import KIND as SCHEDULER_KIND
from placewright.models.wire.scheduler_config import VERSION as SCHEDULER_VERSION

PRESETS = ("balanced", "binpack", "cost", "latency", "ha")
_PRESET_PACKAGE = "placewright.scenarios.profiles"


@dataclass(frozen=True)
class Profiles:
    """Never empty; scheduler names differ. `warnings` name what is not modelled."""

    profiles: tuple[Profile, ...]
    warnings: tuple[str, ...] = ()

    @property
    def main(self) -> Profile:
        """The one for the cluster as a whole: the default scheduler's, else the first."""
        return next((p for p in self.profiles if p.scheduler_name == DEFAULT_SCHEDULER), self.profiles[0])

    def applied(self, options: Options, scheduler_names: Sequence[str] = ()) -> Options:
        """The options with these profiles; `scheduler_names` are the profiles' unless given."""
        main = self.main
        return replace(
            options,
            profile=main,
            profiles=tuple(profile for profile in self.profiles if profile is not main),
            scheduler_names=frozenset(scheduler_names or (p.scheduler_name for p in self.profiles)),
        )


def load_profiles(named: str) -> Profiles:
    """The profiles that a preset's name, or a file, stands for. Raises InputError."""
    try:
        found = Profiles((preset(named),)) if named in PRESETS else _in_file(named)
    except InputError as error:
        raise one_line(error) from None
    return replace(found, warnings=(*found.warnings, *_unread(found), *_unscored(found)))


def _in_file(named: str) -> Profiles:
    where = f"--profile {printable(named)}"
    if os.path.isdir(named):
        raise InputError("is a directory, expected a file", subject=where)
    if not os.path.exists(named):
        message = f"is neither a file nor a preset ({', '.join(PRESETS)}){nearest(named, PRESETS)}"
        raise InputError(message, subject=where)
    profiles: list[Profile] = []
    warnings: list[str] = []
    for source, document in _documents(named):
        try:
            found, told = _read(document)
        except InputError as error:
            raise error.located(source=source) from None
        for profile in found:
            if any(profile.scheduler_name == known.scheduler_name for known in profiles):
                message = f"schedulerName {profile.scheduler_name!r} has a profile already"
                raise InputError(message, source=source)
            profiles.append(profile)
        warnings.extend(told)
    if not profiles:
        raise InputError("holds no profile", source=named)
    return Profiles(tuple(profiles), tuple(warnings))


def preset(name: str) -> Profile:
    """A bundled profile. Raises InputError, at the field `extends`, for a name that is none."""
    if name not in PRESETS:
        raise InputError(f"no preset {shown(name)}{nearest(name, PRESETS)}", field="extends")
    file = files(_PRESET_PACKAGE).joinpath(f"{name}.yaml")
    [document] = parse_documents(file.read_bytes(), file.name, PurePosixPath(file.name))
    return read_profile(document, preset)


def _documents(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The profile documents of a file, each with where it stands; a ConfigMap's data is looked into."""
    for blob in read_blobs([path], None, Skipped()):
        documents = parse_documents(blob.data, blob.source, blob.path)
        for i, document in enumerate(documents):
            source = blob.source if len(documents) == 1 else f"{blob.source}[{i}]"
            for where, item in flatten(document, source, blob.path):
                if item.get("kind") == "ConfigMap":
                    yield from _wrapped(item, where)
                else:
                    yield where, item


def _wrapped(config_map: dict[str, Any], source: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The profiles among a ConfigMap's data; other keys are none of ours."""
    data = config_map.get("data")
    for key, text in data.items() if isinstance(data, dict) else ():
        if not isinstance(text, str) or not (SCHEDULER_KIND in text or VERSION in text):
            continue
        where = f"{source}:data.{key}"
        for document in parse_documents(text.encode(), where, PurePosixPath(key)):
            if isinstance(document, dict) and document.get("kind") in (KIND, SCHEDULER_KIND):
                yield where, document


def _read(document: dict[str, Any]) -> tuple[tuple[Profile, ...], tuple[str, ...]]:
    kind, version = document.get("kind"), str(document.get("apiVersion", ""))
    try:
        if kind == SCHEDULER_KIND or version.startswith(GROUP):
            return read_scheduler_config(document)
        if kind == KIND and version.startswith("placewright.io/"):
            return (read_profile(document, preset),), ()
    except InputError as error:
        name = document.get("name")
        own = f"{KIND} {printable(name)[:80]}" if isinstance(name, str) and kind == KIND else str(kind)
        raise error.located(subject=own) from None
    raise InputError(
        f"expected a profile ({VERSION}, kind {KIND}; or {SCHEDULER_VERSION}, kind {SCHEDULER_KIND}), "
        f"found kind {shown(kind)}"
    )


def _unread(profiles: Profiles) -> Iterator[str]:
    """What further profiles say about the cluster as a whole, where only the first one counts."""
    main = profiles.main
    for profile in profiles.profiles:
        differing = [
            what
            for what, of in (
                ("levels", lambda p: p.stages),
                ("keepRoomFor", lambda p: p.shapes),
                ("allocate", lambda p: dict(p.allocate)),
                ("limitCaps", lambda p: dict(p.limit_caps)),
            )
            if of(profile) != of(main)
        ]
        differing += [
            score.name
            for score in SCORES
            if not score.per_agent and profile.weight(score.name) not in (0, main.weight(score.name))
        ]
        if differing:
            yield (
                f"profile {profile.name}: {', '.join(differing)} not read: the cluster as a whole is judged "
                f"by profile {main.name}"
            )


def _unscored(profiles: Profiles) -> Iterator[str]:
    """Scores that a profile asks for beyond the default ones and that nothing computes.

    Of the default ones a warning tells where an agent states such a preference.
    """
    known = {score.name for score in SCORES} | KUBE_WEIGHTS.keys()
    for profile in profiles.profiles:
        parts = {part for stage in profile.stages for part in stage.parts}
        asked = [name for name in ScoreName if profile.weight(name) or name in parts]
        missing = [name for name in asked if name not in known]
        if missing:
            yield f"profile {profile.name}: not scored: {', '.join(missing)}"
