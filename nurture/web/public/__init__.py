"""Pages for people without a login: landing pages, forms, stopping, answers from the alert mail."""

from flask import Blueprint

from nurture.web.public import answers, confirming, landing, preferring, stopping

doors = Blueprint("public", __name__)
doors.add_url_rule("/p/<slug>", "show_page", landing.show_page)
doors.add_url_rule("/p/<slug>/seen", "note_seen", landing.note_seen, methods=["POST"])
doors.add_url_rule("/p/<slug>/event.ics", "calendar", landing.calendar)
doors.add_url_rule("/f/<key>", "send_form", landing.send_form, methods=["POST"])
doors.add_url_rule("/u/<token>", "ask_to_stop", stopping.ask_to_stop)
doors.add_url_rule("/u/<token>", "stop_all", stopping.stop_all, methods=["POST"])
doors.add_url_rule("/preferences/<token>", "preferences", preferring.preferences)
doors.add_url_rule(
    "/preferences/<token>", "save_preferences", preferring.save_preferences, methods=["POST"]
)
doors.add_url_rule("/confirm/<token>", "ask_to_confirm", confirming.ask_to_confirm)
doors.add_url_rule(
    "/confirm/<token>", "confirm_address", confirming.confirm_address, methods=["POST"]
)
doors.add_url_rule("/answer/<token>", "ask_for_answer", answers.ask_for_answer)
doors.add_url_rule("/answer/<token>", "answer", answers.answer, methods=["POST"])

__all__ = ["doors"]
