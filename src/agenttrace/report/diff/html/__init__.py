"""The page of a comparison: the kit of `report.html`, with charts of two sides and waterfalls side by side."""
