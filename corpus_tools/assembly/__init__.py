"""From the pairs of single documents to a corpus: patterns, filters, the split, the folder, the figures."""

from corpus_tools.assembly.bigbio import format_bigbio, write_bigbio
from corpus_tools.assembly.examples import Example
from corpus_tools.assembly.figures import (
    Figures,
    Lengths,
    add_figures,
    count_figures,
    measure_lengths,
    rank,
    rank_skeletons,
    summarize_figures,
)
from corpus_tools.assembly.filters import find_over_long
from corpus_tools.assembly.folder import (
    Corpus,
    Manifest,
    list_versions,
    open_part,
    read_corpus,
    seal_corpus,
    write_corpus,
    write_part,
)
from corpus_tools.assembly.gold import collect_relations
from corpus_tools.assembly.metadata import (
    DOCUMENT_WITHOUT_ROW,
    ROW_WITHOUT_DOCUMENT,
    Metadata,
    check_rows,
    find_metadata,
    find_row,
    format_metadata,
    read_metadata,
)
from corpus_tools.assembly.paper import Comparison, CountedText, Reading, compare_with_paper
from corpus_tools.assembly.plan import CorpusPlan, plan_corpus
from corpus_tools.assembly.provenance import join_provenance, split_provenance
from corpus_tools.assembly.records import PairedShard, StagedShard, reject_lost
from corpus_tools.assembly.settings import BuildSettings
from corpus_tools.assembly.shards import (
    PairTask,
    StageTask,
    cut_shards,
    hash_sources,
    pair_shard,
    read_paired,
    read_shards,
    read_staged,
    stage_shard,
)
from corpus_tools.assembly.split import PARTS, RowSplit, Shares, measure_row_split, parse_shares
from corpus_tools.assembly.statistics import Statistics, StopWords, measure_statistics
from corpus_tools.assembly.summary import BuildSummary, Staging, merge_paired, merge_shards, summarize_build
from corpus_tools.assembly.tables import CorpusDocument, PartCounts
from corpus_tools.assembly.verification import Verification, check_document, verify_corpus

__all__ = [
    "DOCUMENT_WITHOUT_ROW",
    "PARTS",
    "ROW_WITHOUT_DOCUMENT",
    "BuildSettings",
    "BuildSummary",
    "Comparison",
    "Corpus",
    "CorpusDocument",
    "CorpusPlan",
    "CountedText",
    "Example",
    "Figures",
    "Lengths",
    "Manifest",
    "Metadata",
    "PairTask",
    "PairedShard",
    "PartCounts",
    "Reading",
    "RowSplit",
    "Shares",
    "StageTask",
    "StagedShard",
    "Staging",
    "Statistics",
    "StopWords",
    "Verification",
    "add_figures",
    "check_document",
    "check_rows",
    "collect_relations",
    "compare_with_paper",
    "count_figures",
    "cut_shards",
    "find_metadata",
    "find_over_long",
    "find_row",
    "format_bigbio",
    "format_metadata",
    "hash_sources",
    "join_provenance",
    "list_versions",
    "measure_lengths",
    "measure_row_split",
    "measure_statistics",
    "merge_paired",
    "merge_shards",
    "open_part",
    "pair_shard",
    "parse_shares",
    "plan_corpus",
    "rank",
    "rank_skeletons",
    "read_corpus",
    "read_metadata",
    "read_paired",
    "read_shards",
    "read_staged",
    "reject_lost",
    "seal_corpus",
    "split_provenance",
    "stage_shard",
    "summarize_build",
    "summarize_figures",
    "verify_corpus",
    "write_bigbio",
    "write_corpus",
    "write_part",
]
