"""Files in memory: what `chalicelib.kit.files.Files` promises, with its moods."""

from chalicelib.kit.files import FilesDown, Replaced, Stored, UploadForm


class FakeFiles:
    """Takes what is sent to it with `send`, as a bucket would; `is_down` has it answer nothing.

    `on_copy` is called before a file is copied: what somebody does in between.
    """

    def __init__(self):
        self.kept = {}  # key -> (content, media)
        self.forms = {}  # key -> (media, max_bytes)
        self.is_down = False
        self.on_copy = lambda: None

    def send(self, key, content, media):
        """Send a file by the form of a key."""
        wanted, most = self.forms[key]
        if media != wanted or not 1 <= len(content) <= most:
            raise AssertionError("the bucket refuses it")
        self.kept[key] = (content, media)

    def upload_form(self, key, media, max_bytes, lifetime):
        self.forms[key] = (media, max_bytes)
        return UploadForm("https://files.invalid/", {"key": key, "Content-Type": media})

    def head(self, key):
        self._answer()
        if key not in self.kept:
            return None
        content, media = self.kept[key]
        return Stored(len(content), media, _tag(content))

    def first_bytes(self, key, count, tag):
        return self.read(key, tag)[:count]

    def read(self, key, tag):
        self._answer()
        content, _ = self.kept.get(key, (b"", ""))
        if _tag(content) != tag:
            raise Replaced
        return content

    def put(self, key, content, media):
        self._answer()
        self.kept[key] = (content, media)

    def copy(self, source, target, tag):
        self.on_copy()
        self.read(source, tag)
        self.kept[target] = self.kept[source]

    def delete(self, key):
        self._answer()
        self.kept.pop(key, None)

    def below(self, prefix):
        self._answer()
        return iter([key for key in self.kept if key.startswith(prefix)])

    def download_link(self, key, name, media, lifetime):
        return f"https://files.invalid/{key}?name={name}&seconds={int(lifetime.total_seconds())}"

    def show_link(self, key, media, lifetime):
        return f"https://files.invalid/{key}?media={media}&seconds={int(lifetime.total_seconds())}"

    def _answer(self):
        if self.is_down:
            raise FilesDown


def _tag(content):
    return f'"{hash(content)}"'
