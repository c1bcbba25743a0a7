#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# make_mmdb.pl — a small MaxMind DB file for tests.
#
# usage: make_mmdb.pl country|organisation FILE <LINES    a line: network, tab, text
use strict;
use warnings;
use MaxMind::DB::Writer::Tree;

my ($kind, $file) = @ARGV;
my %types = (country => 'map', iso_code => 'utf8_string', autonomous_system_organization => 'utf8_string');
my $tree = MaxMind::DB::Writer::Tree->new(
    ip_version               => 6,
    record_size              => 24,
    database_type            => "Test-$kind",
    languages                => ['en'],
    description              => { en => 'made by a test' },
    remove_reserved_networks => 0,
    map_key_type_callback    => sub { $types{ $_[0] } },
);
while (my $line = <STDIN>) {
    chomp $line;
    my ($network, $text) = split /\t/, $line, 2;
    my $record =
        $kind eq 'country' ? { country => { iso_code => $text } } : { autonomous_system_organization => $text };
    $tree->insert_network($network, $record);
}
open my $out, '>:raw', $file or die "$file: $!\n";
$tree->write_tree($out);
close $out or die "$file: $!\n";
