"""Everybody who acts: prospects, their companies' link scanners, and our own people."""

from datetime import datetime

from workers.demo.agenda import Agenda
from workers.demo.crowd import Crowd
from workers.demo.marketing_desk import DeskWorkers
from workers.demo.population import has_link_scanner
from workers.demo.read_mail import Mail, RecipientMailbox
from workers.demo.sales_people import Sales
from workers.demo.scanner import Scanners
from workers.demo.scene import DemoScene


class Cast:
    """All of them together."""

    def __init__(self, scene: DemoScene) -> None:
        """Bring them on stage."""
        self.agenda = Agenda()
        self.scanners = Scanners(scene.base_url)
        self.crowd = Crowd(scene, self.agenda, self.scanners)
        self.sales = Sales(scene, self.agenda)
        self.desk = DeskWorkers(scene, self.agenda, scene.here.clock.now())
        self._scene = scene
        self._mailbox = RecipientMailbox(scene.options.home)

    def pass_over(self) -> None:
        """Leave what lies in the mailbox already: it was read when the demo ran last."""
        self._mailbox.fresh()

    def act(self, now: datetime) -> int:
        """Let act who is due, one after the other; count the acts."""
        due = self.agenda.take(now)
        for planned in due:
            planned.act()
        return len(due)

    def read_mail(self, now: datetime) -> int:
        """Hand out what has come in, scanners first; count the mails and what followed at once."""
        mails = self._mailbox.fresh()
        self.scanners.scan([mail for mail in mails if self._scanned(mail)])
        for mail in mails:
            self.crowd.receive(mail, now)
            self.sales.receive(mail, now)
        return len(mails) + self.act(now)

    def _scanned(self, mail: Mail) -> bool:
        domain = mail.to.rpartition("@")[2]
        person = mail.to in self._scene.people
        return person and has_link_scanner(domain, seed=self._scene.seed)
