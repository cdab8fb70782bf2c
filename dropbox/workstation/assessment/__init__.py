"""The privacy assessment (DPIA, GDPR article 35): a template in each language, filled with what the program knows.

What only the organisation can say is left as a blank in square brackets; nothing of any case is in it.
"""

from dropbox.workstation.assessment.template import ENDINGS, TEMPLATES, assessment, assessment_bytes, blanks

__all__ = ["ENDINGS", "TEMPLATES", "assessment", "assessment_bytes", "blanks"]
