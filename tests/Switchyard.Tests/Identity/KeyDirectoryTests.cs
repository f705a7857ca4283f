using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Identity;

/// <summary>The store's keys come into force in spite of failures.</summary>
public sealed class KeyDirectoryTests
{
    private readonly FakeKeyStore _store = new();
    private readonly TestClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_was_revoked_does_not_work_on_where_whoever_did_it_left_or_it_failed_to_come_into_force(bool fails)
    {
        using var operatorLeaves = new CancellationTokenSource();
        await using var keys = new KeyDirectory(_store, _clock, NullLogger<KeyDirectory>.Instance);
        var (isRevoked, isBroken) = (false, false);
        await keys.StartAsync(
            async stop =>
            {
                if (isBroken)
                {
                    isBroken = false;
                    if (fails)
                        throw new IOException("No room for another configuration.");
                    await operatorLeaves.CancelAsync();
                    stop.ThrowIfCancellationRequested();
                }

                isRevoked = keys.Book.Key("ci")?.Document.Revoked is not null;
            },
            Token);
        await keys.CreateKeyAsync("ci", [], Token);

        isBroken = true;
        await Assert.ThrowsAnyAsync<Exception>(() => keys.RevokeKeyAsync("ci", operatorLeaves.Token));
        Assert.False(isRevoked);
        await _clock.WaitForTimersAsync();
        _clock.Advance(KeyDirectory.AsksEvery);

        await Wait.ForAsync(() => isRevoked);
    }
}
