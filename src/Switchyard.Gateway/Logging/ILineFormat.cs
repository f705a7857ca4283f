using System.Buffers;

namespace Switchyard.Gateway.Logging;

/// <summary>Formats an event as a line. Only the log's thread calls it, so it may keep buffers.</summary>
internal interface ILineFormat
{
    /// <summary>Whether lines contain the values of an event by their names.</summary>
    bool ShowsValues { get; }

    /// <summary>Writes the line with its end, secrets masked and unsafe characters escaped.</summary>
    void Write(in LogLine line, IBufferWriter<byte> output);
}
