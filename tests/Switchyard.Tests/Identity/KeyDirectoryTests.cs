using System.Text.Json.Nodes;
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
    public async Task A_revoked_key_does_not_work_on_if_its_request_was_abandoned_or_it_failed_to_come_into_force(bool fails)
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

    [Fact]
    public async Task A_start_that_is_repeated_follows_the_store_once()
    {
        await using var keys = new KeyDirectory(_store, _clock, NullLogger<KeyDirectory>.Instance);
        await keys.StartAsync(_ => Task.CompletedTask, Token);
        await keys.StartAsync(_ => Task.CompletedTask, Token);

        Assert.Equal(1, _clock.TimerCount);
    }

    [Fact]
    public async Task A_store_that_was_set_back_by_a_restored_backup_is_followed_from_there()
    {
        await using var keys = Directory();
        await using (var before = Directory())
        {
            await before.CreateKeyAsync("old", [], Token);
            var restore = _store.TakeBackup();
            await before.CreateKeyAsync("lost", [], Token);
            await before.CreateKeyAsync("lost-too", [], Token);
            await keys.LoadAsync(Token);
            Assert.NotNull(keys.Book.Key("lost"));
            restore();
        }

        await using var after = Directory();
        await after.RevokeKeyAsync("old", Token);
        await keys.LoadAsync(Token);

        Assert.NotNull(keys.Book.Key("old")!.Document.Revoked);
        Assert.Null(keys.Book.Key("lost"));
        // And what it does itself is found again.
        Assert.Equal("new", (await keys.CreateKeyAsync("new", [], Token)).Info.Name);
    }

    /// <summary>Otherwise a key that the backup does not have would work until the store is written again.</summary>
    [Fact]
    public async Task A_store_that_was_set_back_to_its_empty_state_has_no_keys_from_then_on()
    {
        await using var keys = Directory();
        var restore = _store.TakeBackup();
        await keys.CreateKeyAsync("lost", [], Token);
        restore();

        await keys.LoadAsync(Token);

        Assert.Null(keys.Book.Key("lost"));
        Assert.Equal("new", (await keys.CreateKeyAsync("new", [], Token)).Info.Name);
        await keys.LoadAsync(Token);
        Assert.NotNull(keys.Book.Key("new"));
    }

    [Fact]
    public async Task A_use_of_a_key_at_another_gateway_is_shown_here_a_minute_later()
    {
        await using var keys = Directory();
        await keys.StartAsync(_ => Task.CompletedTask, Token);
        await keys.CreateKeyAsync("ci", [], Token);
        var used = _clock.GetUtcNow();
        await _store.WriteUsesAsync(new Dictionary<string, DateTimeOffset> { ["ci"] = used }, Token);
        Assert.Null(keys.GetKey("ci").LastUsed);

        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromMinutes(1));

        await Wait.ForAsync(() => keys.GetKey("ci").LastUsed == used);
        // What another gateway has written is not written again, and an earlier use there hides no later one here.
        var use = keys.Book.Key("ci")!.Use;
        Assert.Null(use.TakeUnwritten());
        use.Note(used.AddHours(1));
        use.TakeOver(used.AddMinutes(5));
        Assert.Equal(used.AddHours(1), use.TakeUnwritten());
    }

    [Theory]
    [InlineData("""{"MODELS":["c"]}""", """{"models":["c"]}""")]
    [InlineData("""{"models":null}""", "{}")]
    public void A_setting_that_is_stored_in_two_cases_is_replaced_or_removed_in_both(string changes, string expected)
    {
        var settings = JsonNode.Parse("""{"models":["a"],"Models":["b"]}""")!.AsObject();

        Assert.Equal(expected, KeySettings.Merge(settings, JsonNode.Parse(changes)!.AsObject()).ToJsonString());
    }

    private KeyDirectory Directory() => new(_store, _clock, NullLogger<KeyDirectory>.Instance);
}
