using System.Buffers;
using Switchyard.Common;
using Xunit;

namespace Switchyard.Tests.Common;

/// <summary>Bodies of unknown length are collected in pooled arrays and handed on whole.</summary>
public sealed class PooledWriterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(5000)]
    [InlineData(1_000_000)]
    public void What_was_written_in_pieces_of_any_size_comes_out_in_order(int piece)
    {
        var expected = Enumerable.Range(0, Math.Max(20_000, piece * 3)).Select(i => (byte)i).ToArray();
        using var writer = new PooledWriter();

        for (var at = 0; at < expected.Length; at += piece)
            writer.Write(expected.AsSpan(at, Math.Min(piece, expected.Length - at)));

        Assert.Equal(expected, writer.Written.ToArray());
        var bytes = writer.Detach();
        Assert.Equal(expected, bytes.Memory.ToArray());
        bytes.Release();
    }

    [Fact]
    public void More_than_there_is_room_for_cannot_be_advanced_over()
    {
        using var writer = new PooledWriter();
        var room = writer.GetMemory(10).Length;

        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.GetSpan(-1));
    }

    [Fact]
    public void After_it_was_handed_on_or_disposed_nothing_can_be_written()
    {
        var handedOn = new PooledWriter();
        var bytes = handedOn.Detach();
        handedOn.Dispose();
        var disposed = new PooledWriter();
        disposed.Dispose();
        disposed.Dispose();

        Assert.Throws<ObjectDisposedException>(() => handedOn.GetSpan());
        Assert.Throws<ObjectDisposedException>(() => disposed.GetMemory());
        Assert.Equal(0, bytes.Length);
        bytes.Release();
    }
}
