"""Pages for people without a login: landing pages, forms, stopping, answers from the alert mail."""

from flask import Blueprint
from flask.blueprints import BlueprintSetupState

from nurture.web.public import (
    confirm_address,
    handoff_answer,
    landing,
    preferences_page,
    public_frame,
    unsubscribe_page,
)

blueprint = Blueprint("public", __name__)
blueprint.add_url_rule("/p/<slug>", "show_page", landing.show_page)
blueprint.add_url_rule("/p/<slug>/seen", "note_seen", landing.note_seen, methods=["POST"])
blueprint.add_url_rule("/p/<slug>/event.ics", "calendar", landing.calendar)
blueprint.add_url_rule("/f/<key>", "send_form", landing.send_form, methods=["POST"])
blueprint.add_url_rule("/u/<token>", "ask_to_stop", unsubscribe_page.ask_to_stop)
blueprint.add_url_rule("/u/<token>", "stop_all", unsubscribe_page.stop_all, methods=["POST"])
blueprint.add_url_rule("/preferences/<token>", "preferences", preferences_page.preferences)
blueprint.add_url_rule(
    "/preferences/<token>", "save_preferences", preferences_page.save_preferences, methods=["POST"]
)
blueprint.add_url_rule("/confirm/<token>", "ask_to_confirm", confirm_address.ask_to_confirm)
blueprint.add_url_rule(
    "/confirm/<token>", "confirm_address", confirm_address.confirm_address, methods=["POST"]
)
blueprint.add_url_rule("/answer/<token>", "ask_for_answer", handoff_answer.ask_for_answer)
blueprint.add_url_rule("/answer/<token>", "answer", handoff_answer.answer, methods=["POST"])


@blueprint.record
def _teach_words(state: BlueprintSetupState) -> None:
    state.app.jinja_env.globals |= {"_": public_frame.say_html, "counted": public_frame.count}


__all__ = ["doors"]
