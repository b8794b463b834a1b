"""What the journal says stood on the day of a packet, against what the packet gives as facts. Bundled into the verifier.

Families of requirements, whether approvals are of the texts as they stand, attested sets, and reasons why no control fits,
are taken over as given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from controls.domain.coverage import POSSIBLE
from governance.packet.counting import NOWHERE
from office.domain.formulas import disarmed

KEPT: Mapping[str, tuple[str, ...]] = {
    "office.scope": ("key", "kind", "parent_id"),
    "office.legalentity": ("scope_id", "jurisdiction"),
    "governance.aimodel": ("scope_id",),
    "governance.deployment": ("scope_id",),
    "governance.deploymentmodel": ("deployment_id", "model_id"),
    "frameworks.requirement": ("ref",),
    "controls.control": ("ref", "status", "specific", "evidence_required", "test_every_days"),
    "controls.controlmapping": ("control_id", "requirement_id", "relationship", "status"),
    "controls.implementation": ("control_id", "scope_id", "state"),
    "controls.evidence": ("implementation_id", "title", "sha256", "link", "valid_from", "valid_until"),
    "controls.controltest": ("implementation_id", "performed_on", "result"),
}
"""Noun → the fields of it that facts rest on."""
Row = Mapping[str, Any]


class Replay:
    """The last state of each row by a moment; None: by the end of the journal. `last`: the moment of the latest event."""

    def __init__(self, until: str | None) -> None:
        self._until = datetime.fromisoformat(until) if until else None
        self.last: datetime | None = None
        self._rows: dict[str, dict[int, Row]] = {noun: {} for noun in KEPT}

    def take(self, event: Mapping[str, Any]) -> None:
        """One event, in order. A field that is younger than the event is not there, and not compared."""
        names, moment = KEPT.get(event["noun"]), datetime.fromisoformat(event["at"])
        self.last = moment if self.last is None else max(self.last, moment)
        if names is None or (self._until is not None and moment > self._until):
            return
        rows, after = self._rows[event["noun"]], event["after"]
        if after is None:
            rows.pop(event["object"], None)
        else:
            rows[event["object"]] = {name: after[name] for name in names if name in after}

    def against_facts(self, inputs: Mapping[str, Any]) -> Iterator[str]:
        """Sentences about controls, mappings, implementations and subjects. What no mapping names may be left out: it counts
        nowhere; so may scopes that owe nothing."""
        mappings = self._mappings()
        mapped = {row["control"] for row in mappings.values()}
        yield from _differences("mapping", [(row["id"], row) for row in inputs["mappings"]], mappings)
        said = [(row["ref"], row) for row in inputs["controls"]]
        yield from _differences("control", said, self._controls(), lambda ref: ref in mapped)
        places = [((row["control"], row["scope"]), row) for row in inputs["implementations"]]
        yield from _differences("implementation", places, self._implementations(), lambda key: key[0] in mapped)
        yield from _differences("subject", list(inputs["subjects"].items()), self._subjects(), lambda key: False)

    def against_evidence(self, table: Iterable[Row]) -> Iterator[str]:
        """Sentences about the list of evidence, by its numbers."""
        yield from _differences("evidence", [(row["id"], row) for row in table], self._evidence())

    def _of(self, noun: str) -> dict[int, Row]:
        return self._rows[noun]

    def _active(self) -> dict[int, Row]:
        return {key: row for key, row in self._of("controls.control").items() if row["status"] != "retired"}

    def _controls(self) -> dict[Any, Row]:
        left_out = ("ref", "status")
        return {
            row["ref"]: {name: value for name, value in row.items() if name not in left_out}
            for row in self._active().values()
        }

    def _mappings(self) -> dict[Any, Row]:
        controls, requirements = self._active(), self._of("frameworks.requirement")
        return {
            key: {
                "control": controls[row["control_id"]]["ref"],
                "requirement": requirements[row["requirement_id"]]["ref"],
                "relationship": row["relationship"],
                "status": row["status"],
            }
            for key, row in self._of("controls.controlmapping").items()
            if row["control_id"] in controls and row["status"] in POSSIBLE
        }

    def _implementations(self) -> dict[Any, Row]:
        controls, scopes = self._active(), self._of("office.scope")
        evidence, tests = defaultdict(list), defaultdict(list)
        for row in self._of("controls.evidence").values():
            evidence[row["implementation_id"]].append([row["valid_from"], row["valid_until"]])
        for row in self._of("controls.controltest").values():
            tests[row["implementation_id"]].append([row["performed_on"], row["result"] == "passed"])
        return {
            (controls[row["control_id"]]["ref"], scopes[row["scope_id"]]["key"]): {
                "state": row["state"],
                "evidence": sorted(evidence[key], key=str),
                "tests": sorted(tests[key]),
            }
            for key, row in self._of("controls.implementation").items()
            if row["control_id"] in controls
        }

    def _subjects(self) -> dict[Any, Row]:
        """Every scope: those that count for it, nearest first; its entity and market, as the office groups them."""
        scopes, models = self._of("office.scope"), self._only_models()
        found: dict[Any, Row] = {}
        markets = {row["scope_id"]: row["jurisdiction"] for row in self._of("office.legalentity").values()}
        for key, row in scopes.items():
            line = self._up(key)
            entity = next((one for one in line[:2] if scopes[one]["kind"] == "entity"), None)
            chain = [line[0], *models.get(key, []), *line[1:]]
            found[row["key"]] = {
                "chain": [scopes[one]["key"] for one in chain],
                "entity": scopes[entity]["key"] if entity is not None else NOWHERE,
                "market": markets.get(entity, NOWHERE),
            }
        return found

    def _up(self, scope: int) -> list[int]:
        """A scope and those above it; one that stands above itself ends the way."""
        scopes, line, above = self._of("office.scope"), [scope], self._of("office.scope")[scope]["parent_id"]
        while above is not None and above not in line:
            line.append(above)
            above = scopes[above]["parent_id"]
        return line

    def _only_models(self) -> dict[int, list[int]]:
        """Scope of each deployment that is built on exactly one model → that model's scope."""
        models, links = self._of("governance.aimodel"), defaultdict(list)
        for row in self._of("governance.deploymentmodel").values():
            links[row["deployment_id"]].append(models[row["model_id"]]["scope_id"])
        deployments = self._of("governance.deployment")
        return {row["scope_id"]: links[key] for key, row in deployments.items() if len(links[key]) == 1}

    def _evidence(self) -> dict[Any, Row]:
        controls, scopes = self._of("controls.control"), self._of("office.scope")
        places = self._of("controls.implementation")
        return {
            str(key): {
                "control": disarmed(controls[places[row["implementation_id"]]["control_id"]]["ref"]),
                "scope": disarmed(scopes[places[row["implementation_id"]]["scope_id"]]["key"]),
                "title": disarmed(row["title"]),
                "SHA-256": row["sha256"],
                "valid from": row["valid_from"],
                "valid until": row["valid_until"] or "",
                "link": disarmed(row["link"]),
            }
            for key, row in self._of("controls.evidence").items()
        }


def _always(key: Any) -> bool:
    return True


def _differences(
    noun: str, listed: Sequence[tuple[Any, Row]], told: Mapping[Any, Row], needed: Callable[[Any], bool] = _always
) -> Iterator[str]:
    """`listed`: every row with its key. `needed`: whether what the journal tells must be among them."""
    said, times = dict(listed), Counter(key for key, _ in listed)
    for key in sorted({*said, *told}, key=str):
        named = f"{noun} {' in '.join(key) if isinstance(key, tuple) else key}"
        if times[key] > 1:
            yield f"{named} stands {times[key]} times."
        if key not in told:
            yield f"the journal knows no {named}."
        elif key not in said and needed(key):
            yield f"the journal knows {named}, which is left out."
        elif key in said:
            wrong = [name for name, value in told[key].items() if said[key].get(name) != value]
            yield from (f"{named}: {name} is not what the journal says." for name in wrong)
