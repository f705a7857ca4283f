using System.Text;
using Switchyard.Caching;
using Xunit;

namespace Switchyard.Tests.Caching;

/// <summary>One answer and several readers, each at its own pace.</summary>
public sealed class AnswerLogTests
{
    private const int Limit = 100;

    private readonly AnswerLog _log = new(Limit, TimeProvider.System, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_that_comes_late_begins_with_the_first_piece_and_then_follows()
    {
        var early = _log.Open(false)!;
        await _log.AppendAsync(Piece("one"), Token);
        Assert.Equal("one", await ReadAsync(early));
        var waiting = early.ReadAsync(Token).AsTask();
        Assert.False(waiting.IsCompleted);

        var late = _log.Open(false)!;
        Assert.Equal("one", await ReadAsync(late));
        await _log.AppendAsync(Piece("two"), Token);
        _log.End();

        Assert.Equal("two", Text(await waiting));
        Assert.Equal(["two", null, null], [await ReadAsync(late), await ReadAsync(late), await ReadAsync(early)]);
        Assert.Equal("onetwo", Encoding.UTF8.GetString(_log.Join(null).Span));
        Assert.Equal("one\ntwo\n", Encoding.UTF8.GetString(_log.Join((byte)'\n').Span));
    }

    [Fact]
    public async Task A_reader_that_leaves_while_it_waits_disturbs_no_other()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var (gone, other) = (_log.Open(false)!, _log.Open(false)!);
        var (waiting, next) = (gone.ReadAsync(leaving.Token).AsTask(), other.ReadAsync(Token).AsTask());

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await waiting);
        await _log.AppendAsync(Piece("one"), Token);
        Assert.Equal("one", Text(await next));
    }

    [Fact]
    public async Task An_answer_beyond_the_limit_takes_no_more_readers_and_waits_for_its_only_one()
    {
        var reader = _log.Open(false)!;
        await _log.AppendAsync(Piece(new string('a', 90)), Token);
        var second = _log.AppendAsync(Piece(new string('b', 90)), Token).AsTask();

        Assert.False(second.IsCompleted);
        Assert.Null(_log.Open(false));
        Assert.Equal(new string('a', 90), await ReadAsync(reader));
        await second;
        Assert.Equal(new string('b', 90), await ReadAsync(reader));
        Assert.False(_log.IsWhole);
    }

    [Fact]
    public async Task Of_several_readers_the_one_that_is_a_limit_behind_is_cut_off_and_the_others_go_on()
    {
        var (fast, slow) = (_log.Open(false)!, _log.Open(false)!);
        for (var i = 0; i < 5; i++)
        {
            var appended = _log.AppendAsync(Piece(new string('a', 60)), Token);
            Assert.NotNull(await ReadAsync(fast));
            await appended;
        }

        Assert.Null(await ReadAsync(slow));
        Assert.True(slow.IsCut);
        Assert.False(fast.IsCut);
    }

    [Fact]
    public async Task An_answer_without_readers_is_held_no_longer_than_its_limit_and_never_stops()
    {
        for (var i = 0; i < 50; i++)
            await _log.AppendAsync(Piece(new string('a', 60)), Token);

        Assert.InRange(_log.Length, 0, Limit);
        Assert.False(_log.IsWhole);
    }

    private static Piece Piece(string text) => new(Encoding.UTF8.GetBytes(text));

    private static async Task<string?> ReadAsync(LogReader reader) => Text(await reader.ReadAsync(Token));

    private static string? Text(Piece? piece) => piece is { } found ? Encoding.UTF8.GetString(found.Bytes.Span) : null;
}
