using Switchyard.Calls;
using Switchyard.Guards;
using Xunit;

namespace Switchyard.Tests.Guards;

/// <summary>A forwarded answer in which masked texts are restored: it is buffered in memory, so its length has a limit.</summary>
public sealed class RestoredBodyTests
{
    [Fact]
    public async Task An_answer_as_long_as_the_limit_is_returned_whole()
    {
        await using var restored = new RestoredBody(new Pieces(2), new Placeholders(), limit: 20);

        var bytes = await restored.ReadAsync();

        Assert.Null(restored.Error);
        Assert.Equal((20, true), (bytes.Length, restored.IsComplete));
        Assert.True((await restored.ReadAsync()).IsEmpty);
    }

    [Fact]
    public async Task A_longer_one_is_a_failure_and_is_read_no_further()
    {
        var pieces = new Pieces(1000);
        await using var restored = new RestoredBody(pieces, new Placeholders(), limit: 19);

        var bytes = await restored.ReadAsync();

        Assert.True(bytes.IsEmpty);
        Assert.Equal(CallErrorKind.UpstreamUnavailable, restored.Error!.Kind);
        Assert.False(restored.IsComplete);
        Assert.True((await restored.ReadAsync()).IsEmpty);
        Assert.Equal(2, pieces.Given);
    }

    /// <summary>An answer in pieces of ten bytes.</summary>
    private sealed class Pieces(int count) : ForwardedResponse
    {
        public int Given { get; private set; }

        public override int Status => 200;

        public override string ContentType => "application/json";

        public override long? ContentLength => null;

        public override bool IsStream => false;

        public override ValueTask<ReadOnlyMemory<byte>> ReadAsync()
        {
            if (Given == count)
            {
                IsComplete = true;
                return default;
            }

            Given++;
            return new(new byte[10]);
        }
    }
}
