"""A log-in at a NAS and the calls made with it, one more log-in when it has ended included.

The session's number stands in the addresses, so no address is ever part of an error.
"""

from __future__ import annotations

import http.client
import threading
import typing as t
from contextlib import suppress
from urllib.parse import urlencode

import pybase64

from copias.errors import BadConfiguration
from copias.store.file_station_answers import (
    ANSWER_LIMIT,
    REDIRECTS,
    Answer,
    LoggedOut,
    check_status,
    is_file,
    read_answer,
    read_element,
)
from copias.store.file_station_faults import (
    OK,
    Refused,
    Unreadable,
    https_only,
    refused_account,
    second_step,
    translate,
)
from copias.store.file_station_wire import Wire

if t.TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from copias.store.settings import StoreSettings

_LOG_IN = "/cgi-bin/authLogin.cgi"
_STATION = "/cgi-bin/filemanager/utilRequest.cgi"


class Session:
    """The account of one store at its NAS.

    Args:
        store: the logical name, for errors.
        settings: of the store.
    """

    def __init__(self, store: str, settings: StoreSettings) -> None:
        self.store = store
        self._settings = settings
        self._wire = Wire(store, settings)
        self._number = ""
        self._lock = threading.Lock()

    def translate_errors(self, doing: str) -> AbstractContextManager[None]:
        """Turn what HTTP and File Station raise in the block into our errors."""
        return translate(self.store, doing)

    def call(
        self,
        function: str,
        question: t.Mapping[str, str],
        *,
        doing: str,
        good: t.Container[int] = (OK,),
        content: tuple[bytes | memoryview, ...] = (),
        kind: str = "application/x-www-form-urlencoded",
        patience: float = 0,
    ) -> Answer:
        """Call a function of File Station, after one more log-in when the session has ended.

        Args:
            function: its name.
            question: the parameters; they go in the address when there is content.
            doing: for errors.
            good: the statuses that are no error.
            content: the body, in pieces.
            kind: of the body.
            patience: seconds more than others that the NAS may take to answer.
        """
        query = question if content else {}
        body = content or (urlencode(question).encode(),)
        headers = {"Content-Type": kind, "Content-Length": str(sum(map(len, body)))}
        with self.translate_errors(doing):
            answer: Answer = self._repeat(lambda: self._ask(function, query, body, headers, good, patience))
            if answer["status"] not in good:
                raise Refused(answer["status"])
            return answer

    def open_download(self, question: t.Mapping[str, str], start: int, *, doing: str) -> http.client.HTTPResponse:
        """Ask for a file from a byte on, and return the answer before its body is read.

        A server that honours no ``Range`` answers 200, from the first byte. Closing the answer ends the connection.
        """
        with self.translate_errors(doing):
            response: http.client.HTTPResponse = self._repeat(lambda: self._ask_for_file(question, start))
            return response

    def forget(self) -> None:
        """Let the next call log in anew."""
        with self._lock:
            self._number = ""

    def close(self) -> None:
        """Forget the log-in; the next call makes a new one."""
        self.forget()

    def _repeat(self, ask: t.Callable[[], t.Any]) -> t.Any:
        """Ask; when the session turns out to have ended, log in and ask again."""
        try:
            return ask()
        except LoggedOut:
            self.forget()
        try:
            return ask()
        except LoggedOut as ended:
            raise Refused(ended.status) from None

    def _begin(
        self, method: str, function: str, query: t.Mapping[str, str], headers: t.Mapping[str, str]
    ) -> http.client.HTTPConnection:
        """Open a connection and send a request's head. Each call has its own: a NAS drops idle ones unasked."""
        address = f"{_STATION}?{urlencode({'func': function, 'sid': self._log_in(), **query})}"
        connection = self._wire.connect()
        connection.putrequest(method, address, skip_accept_encoding=True)
        for name, value in {"Connection": "close", **headers}.items():
            connection.putheader(name, value)
        return connection

    def _ask(
        self,
        function: str,
        query: t.Mapping[str, str],
        body: tuple[bytes | memoryview, ...],
        headers: t.Mapping[str, str],
        good: t.Container[int],
        patience: float,
    ) -> Answer:
        connection = self._begin("POST", function, query, headers)
        try:
            # A NAS may answer before it has read the body, and hear no more of it: the answer says why.
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.endheaders()
                for piece in body:
                    connection.send(piece)
            if connection.sock is not None:
                connection.sock.settimeout(self._settings.time_limit + patience)
            return read_answer(connection.getresponse(), good)
        finally:
            connection.close()

    def _ask_for_file(self, question: t.Mapping[str, str], start: int) -> http.client.HTTPResponse:
        connection = self._begin("GET", "download", question, {"Range": f"bytes={start}-"} if start else {})
        try:
            connection.endheaders()
            response = connection.getresponse()
            if not is_file(response):
                check_status(read_answer(response, (OK,)))
                raise Unreadable("la respuesta no es el archivo")
        except BaseException:
            connection.close()
            raise
        return response

    def _log_in(self) -> str:
        with self._lock:
            if not self._number:
                self._number = self._ask_for_number()
            return self._number

    def _ask_for_number(self) -> str:
        encoded = pybase64.b64encode(self._password().encode()).decode()
        form = urlencode({"user": self._settings.user, "pwd": encoded, "serviceKey": "1"})
        connection = self._wire.connect()
        try:
            connection.request(
                "POST", _LOG_IN, form, {"Content-Type": "application/x-www-form-urlencoded", "Connection": "close"}
            )
            response = connection.getresponse()
            document = response.read(ANSWER_LIMIT).decode("utf-8", "replace")
        finally:
            connection.close()
        if response.status in REDIRECTS:
            raise https_only(self.store)
        return self._read_number(document)

    def _read_number(self, document: str) -> str:
        if "QDocRoot" not in document:
            raise Unreadable("la respuesta al ingreso no es de una NAS QNAP")
        if read_element(document, "need_2sv") == "1":
            raise second_step(self.store)
        number = read_element(document, "authSid")
        if read_element(document, "authPassed") != "1" or not number:
            raise refused_account(self.store, self._settings.user)
        return number

    def _password(self) -> str:
        path = self._settings.password_file
        try:
            password = path.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r") if path else ""
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "no es texto UTF-8"
        else:
            if password:
                return password
            why = "está vacío"
        raise BadConfiguration(
            "no se pudo leer la contraseña de la NAS",
            whose=self.store,
            why=f"{path}: {why}",
            repair="escriba la contraseña en la primera línea de password_file, que solo lea la cuenta del servicio",
        ) from None
