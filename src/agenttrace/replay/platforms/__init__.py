"""What serves: platforms learnt from traces, and modelled ones, as files."""
