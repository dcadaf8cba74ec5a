def story_page(data):
    return ""


def sensitivity_page(data, parameters):
    return ""
