using System.Text;
using Switchyard.Providers.Replay;
using Switchyard.Recorded;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Recorded;

/// <summary>A recorded answer is replayed in its original pieces, at the chosen speed.</summary>
public sealed class ReplayStreamTests
{
    private static readonly RecordedAnswer s_answer = new()
    {
        Status = 200,
        Pieces =
        [
            new(TimeSpan.FromSeconds(4), "one"u8.ToArray()), new(TimeSpan.Zero, "two"u8.ToArray()),
            new(TimeSpan.FromSeconds(2), "three"u8.ToArray()),
        ],
    };

    [Fact]
    public async Task At_once_it_keeps_the_pieces_and_waits_for_nothing()
    {
        await using var stream = new ReplayStream(s_answer, speed: 0, new TestClock());

        Assert.Equal(["one", "two", "three", ""], await TakeAsync(stream, 4, size: 100));
    }

    [Fact]
    public async Task A_small_buffer_takes_a_piece_in_parts_and_nothing_of_the_next()
    {
        await using var stream = new ReplayStream(s_answer, speed: 0, new TestClock());

        Assert.Equal(["on", "e", "tw", "o"], await TakeAsync(stream, 4, size: 2));
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 2)]
    [InlineData(0.5, 8)]
    public async Task A_speed_divides_the_recorded_waits(double speed, int seconds)
    {
        var clock = new TestClock();
        await using var stream = new ReplayStream(s_answer, speed, clock);

        var first = NextAsync(stream);
        await clock.WaitForTimersAsync();
        clock.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.False(first.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal("one", await first);
        Assert.Equal("two", await NextAsync(stream));
    }

    [Fact]
    public async Task One_that_broke_off_ends_as_a_connection_does()
    {
        await using var stream = new ReplayStream(s_answer with { BrokeOff = true, Pieces = [] }, speed: 0, new TestClock());

        await Assert.ThrowsAsync<IOException>(() => NextAsync(stream));
    }

    private static async Task<List<string>> TakeAsync(ReplayStream stream, int count, int size)
    {
        List<string> read = [];
        while (read.Count < count)
            read.Add(await NextAsync(stream, size));
        return read;
    }

    private static async Task<string> NextAsync(ReplayStream stream, int size = 100)
    {
        var buffer = new byte[size];
        return Encoding.UTF8.GetString(buffer, 0, await stream.ReadAsync(buffer.AsMemory()));
    }
}
