"""Ready sentences for outage notices, in both languages: what staff would type each time (SPEC N-6)."""

from app.domain.announcement import AnnouncementKind
from app.domain.outage_notice import WhyOut
from app.services.announcements import Words

_KINDS = {
    AnnouncementKind.PLANNED: ("计划停电", "Planned work"),
    AnnouncementKind.TEMPORARY: ("临时停电", "Work at short notice"),
    AnnouncementKind.UNPLANNED: ("故障停电", "Power cut"),
    AnnouncementKind.NEWS: ("通知", "News"),
}
_WHY = {
    WhyOut.MAINTENANCE: (
        "线路检修",
        "line maintenance",
        "施工期间停电，提前完工将提前送电，请随时做好来电准备。",
        "The supply is off while we work, and comes back earlier if we are done earlier: treat lines as live.",
    ),
    WhyOut.TRANSFORMER: (
        "更换变压器",
        "a new transformer",
        "更换变压器期间停电，提前完工将提前送电，请随时做好来电准备。",
        "The supply is off while the transformer is replaced, and comes back earlier if we are done earlier.",
    ),
    WhyOut.CABLE: (
        "电缆故障",
        "a cable fault",
        "电缆故障，抢修队已出发。请勿靠近断落的导线。",
        "A cable has failed; a repair team is on its way. Keep away from fallen lines.",
    ),
    WhyOut.STORM: (
        "恶劣天气",
        "storm damage",
        "恶劣天气损坏线路，正在抢修。请勿靠近断落的导线。",
        "The weather has damaged the line; we are at work. Keep away from fallen lines.",
    ),
    WhyOut.OVERLOAD: (
        "设备过载",
        "overload",
        "用电负荷过大，设备跳闸，正在恢复。请暂时关闭大功率电器。",
        "The load was too high and the line has tripped. Please switch large appliances off for now.",
    ),
    WhyOut.OTHER: ("", "", "", ""),
}


def ready_words(kind: AnnouncementKind, why: WhyOut) -> Words:
    """Title and text for a kind of notice and a reason; news have none."""
    if kind is AnnouncementKind.NEWS:
        return Words("", "")
    (zh, en), (why_zh, why_en, text_zh, text_en) = _KINDS[kind], _WHY[why]
    return Words(f"{zh}：{why_zh}" if why_zh else zh, f"{en}: {why_en}" if why_en else en, text_zh, text_en)
