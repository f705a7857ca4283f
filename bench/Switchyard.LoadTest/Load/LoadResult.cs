namespace Switchyard.LoadTest.Load;

/// <summary>What came of a load. <paramref name="Answers"/> are complete and right; everything else is a failure.</summary>
internal sealed record LoadResult(long Answers, long Frames, long Failures, string? FirstFailure, TimeSpan Elapsed);
