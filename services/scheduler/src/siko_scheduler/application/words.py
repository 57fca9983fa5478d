"""Words: added by the ministry, and looked up by every command that names one."""

from siko_contracts.commands.scheduler import AddWord
from siko_core.eventsourced.application import Saved

from siko_scheduler.application import Scheduler
from siko_scheduler.domain.vocabulary import Words


def add_word(scheduler: Scheduler, command: AddWord) -> Saved:
    words = scheduler.find_or_make(Words, vocabulary=command.vocabulary)
    words.add(command.code, command.label)
    return scheduler.save(words)
