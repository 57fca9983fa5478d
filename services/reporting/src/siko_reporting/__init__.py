"""What has happened, as views: follows every service, decides nothing, can be dropped and rebuilt."""
