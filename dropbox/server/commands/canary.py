"""canary: a test report to each open desk, by the way that reporters take. Works while the site is being served."""

from dropbox.errors import ConfigError, NoDeskOpen, OnionUnreachable, ReportsClosed
from dropbox.models import DeskId
from dropbox.server import canary, onion
from dropbox.server.canary import Sent
from dropbox.server.commands import Adder, Answer, Arguments, Say, desk_argument, desk_of, settings_of
from dropbox.server.commands.serve import loopback
from dropbox.server.drop import Drop
from dropbox.server.happened import takes_new_reports
from dropbox.server.socks import LoopbackVisitor, OnionVisitor
from dropbox.settings import Settings

_NEXT = "A desk's next answer bundle brings its test report back; then `dropbox-server status` names the day."


def add(command: Adder) -> None:
    sending = command("canary", _run, "send a marked test report through the onion service, as a reporter would")
    text = "only to this desk (default: each that is open); may be repeated"
    sending.add_argument("--desk", action="append", type=desk_argument, metavar="ID", help=text)
    text = "without tor, to a drop that listens on this loopback address"
    sending.add_argument("--local", type=loopback, metavar="HOST:PORT", help=text)


def _run(arguments: Arguments, _say: Say) -> Answer:
    settings = settings_of(arguments)
    with Drop.open(settings, beside_server=True) as drop:
        desks = _desks(drop, settings, arguments.desk)
        if not takes_new_reports(drop.store.happenings):
            raise ReportsClosed
        sent = canary.send_all(drop, [(desk, _visitor(settings, arguments.local)) for desk in desks])
    document = [{"desk": each.desk, "sent": each.problem is None, "problem": _problem(each)} for each in sent]
    code = 1 if any(each.problem for each in sent) else 0
    return Answer(document, lambda _width: [line for each in sent for line in _lines(each)] + [_NEXT], code)


def _desks(drop: Drop, settings: Settings, named: list[DeskId] | None) -> tuple[DeskId, ...]:
    desks = tuple(desk_of(settings, desk) for desk in dict.fromkeys(named)) if named else canary.open_desks(drop)
    if not desks:
        raise NoDeskOpen
    return desks


def _visitor(settings: Settings, local: tuple[str, int] | None) -> OnionVisitor:
    if local is not None:
        return LoopbackVisitor(*local)
    if settings.onion.mode == "off":
        raise ConfigError("onion.mode", '"off" needs --local HOST:PORT, where the server listens')
    address = onion.known_address(settings.server.data_dir)
    if address is None:
        raise OnionUnreachable
    return OnionVisitor(onion.socks_path(settings), address)


def _problem(each: Sent) -> str | None:
    return None if each.problem is None else str(each.problem)


def _lines(each: Sent) -> list[str]:
    if each.problem is None:
        return [f"desk {each.desk}: a test report was sent, and its codename came back"]
    return [f"desk {each.desk}: {each.problem}", *([f"    {each.problem.hint}"] if each.problem.hint else [])]
