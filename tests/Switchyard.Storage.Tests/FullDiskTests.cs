using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Storage.Ledger;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A ledger on a disk that has no room.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string AlwaysFull = "/dev/full";

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-full-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_ledger_without_room_for_its_journal_says_so_and_opens_once_there_is_room()
    {
        Assert.SkipUnless(File.Exists(AlwaysFull), "There is no device that is always full.");
        var second = $"{_directory}/own.db.journal-b";
        File.CreateSymbolicLink(second, AlwaysFull);

        var failure = Assert.Throws<IOException>(Open);

        Assert.StartsWith($"The journal {second} cannot be written: ", failure.Message, StringComparison.Ordinal);
        File.Delete(second);
        await using var ledger = Open();
    }

    private SqliteLedger Open() =>
        SqliteLedger.Open($"{_directory}/own.db", isDurable: false, TimeProvider.System, NullLogger.Instance);
}
