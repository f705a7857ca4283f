using System.Buffers;

namespace Switchyard.Gateway.Logging;

/// <summary>How an event looks as a line. The log's thread alone calls it, so it may keep buffers.</summary>
internal interface ILineFormat
{
    /// <summary>Whether lines show the values of an event by their names.</summary>
    bool ShowsValues { get; }

    /// <summary>Writes the line with its end, secrets masked and unsafe characters escaped.</summary>
    void Write(in LogLine line, IBufferWriter<byte> output);
}
