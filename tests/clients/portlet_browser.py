"""A person in Chromium: connects their Google calendar on their page, and unsubscribes.

Arguments: the bridge's address with a person's name and app password, the first day.
"""

import sys

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

SECONDS = 60


def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=420,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    return webdriver.Chrome(options=options, service=service)


def main(root, start):
    page = browser()
    try:
        # The page loads itself again while a comparison is under way.
        wait = WebDriverWait(page, SECONDS, ignored_exceptions=[StaleElementReferenceException])

        def text():
            return page.find_element(By.TAG_NAME, "body").text

        def button(act):
            return page.find_element(By.CSS_SELECTOR, f"button[value={act}]")

        page.get(f"{root}me/google")
        assert "Не активно" in text(), text()
        button("begin").click()
        wait.until(lambda _: "Выберите один календарь" in text())
        chosen = page.find_element(By.CSS_SELECTOR, "input[type=radio]:checked")
        assert chosen.get_attribute("value") == "anna@example.com"
        day = page.find_element(By.NAME, "start")
        page.execute_script("arguments[0].value = arguments[1]", day, start)
        # Nothing hangs over the edge of a narrow window.
        wide = page.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{wide} pixels too wide"
        button("choose").click()
        wait.until(lambda _: "Активно" in text())
        wait.until(lambda _: (page.refresh(), "Последняя сверка\nещё не было" not in text())[1])
        wait.until(lambda _: (page.find_element(By.LINK_TEXT, "Отписаться").click(), True)[1])
        wait.until(lambda _: "продублируются" in text())
        button("unsubscribe").click()
        wait.until(lambda _: "Не активно" in text())
        loud = [line for line in page.get_log("browser") if line["level"] == "SEVERE" and "favicon" not in line["message"]]
        assert not loud, loud
    finally:
        page.quit()


main(*sys.argv[1:])
